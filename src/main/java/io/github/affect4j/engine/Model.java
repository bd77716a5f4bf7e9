package io.github.affect4j.engine;

import io.github.affect4j.engine.internal.Handle;
import io.github.affect4j.engine.internal.Native;
import io.github.affect4j.task.ModelSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** A ResNet-50 with the linear heads of a {@link ModelSpec}. Used by one thread at a time. */
public final class Model implements AutoCloseable {
  private final Handle handle;
  private final ModelSpec spec;
  private final Precision precision;
  private final List<TensorInfo> tensors;
  private FloatBuffer scratch;

  /**
   * A model with torchvision's random initialisation, a function of {@code seed} alone.
   *
   * @throws EngineException of kind UNSUPPORTED, with the reason, if this build or machine has no such device
   */
  public Model(ModelSpec spec, Precision precision, Device device, long seed) {
    this.handle = Native.newModel(spec.mask(), precision.ordinal(), device.index(), seed);
    this.spec = spec;
    this.precision = precision;
    this.tensors = describeTensors();
  }

  private List<TensorInfo> describeTensors() {
    int count = Native.tensorCount(handle);
    List<TensorInfo> infos = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int index = i;
      infos.add(
          Native.tensorInfo(handle, i, (name, shape, trainable) -> TensorInfo.of(index, name, shape, trainable)));
    }
    return List.copyOf(infos);
  }

  /** Which heads it has. */
  public ModelSpec spec() {
    return spec;
  }

  /** How it stores activations. */
  public Precision precision() {
    return precision;
  }

  /** All tensors, batch-norm running statistics included, in a fixed order. */
  public List<TensorInfo> tensors() {
    return tensors;
  }

  /**
   * A direct buffer that holds the largest tensor, the same one at each call: direct memory goes back only when the
   * heap is collected, and next to nothing fills the heap.
   */
  public FloatBuffer scratch() {
    if (scratch == null) {
      int elements = tensors.stream().mapToInt(TensorInfo::elements).max().orElse(0);
      scratch = ByteBuffer.allocateDirect(elements * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }
    return scratch;
  }

  /** Copies a tensor into the remaining space of a direct buffer, which must be exactly its size. */
  public void read(TensorInfo tensor, FloatBuffer destination) {
    Native.readTensor(handle, tensor.index(), destination);
  }

  /** Replaces a tensor by the remaining content of a direct buffer, exactly its size, all finite. */
  public void write(TensorInfo tensor, FloatBuffer source) {
    Native.writeTensor(handle, tensor.index(), source);
  }

  /** Inference on the batch's rows; fills {@link Batch#logits()}. */
  public void predict(Batch batch) {
    Native.predict(handle, batch.handle(), batch.rows());
  }

  Handle handle() {
    return handle;
  }

  /** Frees the weights. Refused with an IllegalStateException while a {@link Trainer} uses them. */
  @Override
  public void close() {
    handle.close();
  }
}
