package io.github.affect4j.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** One direct buffer through which a test reads and writes a model's tensors. */
final class Scratch {
  private final FloatBuffer buffer;

  Scratch(Model model) {
    int elements = model.tensors().stream().mapToInt(TensorInfo::elements).max().orElseThrow();
    buffer = direct(elements);
  }

  static FloatBuffer direct(int elements) {
    return ByteBuffer.allocateDirect(elements * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Exactly as many floats as the tensor has; the next call hands out the same memory. */
  FloatBuffer of(TensorInfo tensor) {
    return buffer.slice(0, tensor.elements());
  }
}
