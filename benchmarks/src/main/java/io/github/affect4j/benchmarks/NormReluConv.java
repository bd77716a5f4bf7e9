package io.github.affect4j.benchmarks;

import io.github.affect4j.engine.internal.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * Batch norm, ReLU and convolution of the training step's forward pass: in one pass that normalises while it
 * reads and takes the next norm's statistics while it writes, or as libtorch's batch norm (statistics and
 * normalisation), ReLU and convolution, in channels_last.
 */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class NormReluConv extends Averaged {
  private static final double EPSILON = 1e-5;

  /** Convolutions of ResNet-50 on images of 112 x 112. */
  public enum Layer {
    STAGE1_3X3(28, 64, 64, 3, 1),
    STAGE1_1X1(28, 64, 256, 1, 1),
    STAGE2_3X3_STRIDE2(28, 128, 128, 3, 2),
    STAGE3_1X1(7, 256, 1024, 1, 1),
    STAGE4_3X3(4, 512, 512, 3, 1);

    private final int size;
    private final int in;
    private final int out;
    private final int kernel;
    private final int stride;

    Layer(int size, int in, int out, int kernel, int stride) {
      this.size = size;
      this.in = in;
      this.out = out;
      this.kernel = kernel;
      this.stride = stride;
    }

    private int outSize() {
      return (size - 1) / stride + 1;
    }
  }

  @Param Layer layer;

  @Param({"64"})
  int batch;

  @Param({"true", "false"})
  boolean fused;

  private FloatBuffer x;
  private FloatBuffer scale;
  private FloatBuffer shift;
  private FloatBuffer weights;
  private FloatBuffer y;
  private double[] mean;
  private double[] variance;
  private Tensor eagerX;
  private Tensor eagerWeights;

  @Setup
  public void setUp() {
    x = normal(batch * layer.size * layer.size * layer.in, 1);
    weights = normal(layer.out * layer.kernel * layer.kernel * layer.in, 0.05);
    y = buffer(batch * layer.outSize() * layer.outSize() * layer.out);
    scale = buffer(layer.in);
    shift = buffer(layer.in);
    for (int c = 0; c < layer.in; c++) {
      double[] moments = moments(x, c, layer.in);
      scale.put(c, (float) (1 / Math.sqrt(moments[1] + EPSILON)));
      shift.put(c, (float) (-moments[0] / Math.sqrt(moments[1] + EPSILON)));
    }
    mean = new double[layer.out];
    variance = new double[layer.out];
    eagerX = Eager.channelsLast(x, batch, layer.size, layer.in);
    eagerWeights = Eager.channelsLast(weights, layer.out, layer.kernel, layer.in);
    requireThatBothFormsAgree();
  }

  @SuppressWarnings("try") // the scope frees what is made within it
  private void requireThatBothFormsAgree() {
    fused();
    float[] expected = new float[y.capacity()];
    try (PointerScope scope = new PointerScope()) {
      new FloatPointer(eager().permute(0, 2, 3, 1).contiguous().data_ptr()).get(expected);
    }
    Require.allClose(expected, y, 1e-4, "the outputs of both forms");
    double[] moments = moments(y, 0, layer.out);
    Require.that(Math.abs(mean[0] - moments[0]) <= 1e-5 * Math.sqrt(moments[1]), "the mean of channel 0");
    Require.close(moments[1], variance[0], 1e-5, "the variance of channel 0");
  }

  @Benchmark
  @SuppressWarnings("try") // the scope frees what is made within it
  public Object forward() {
    if (fused) {
      fused();
      return y;
    }
    try (PointerScope scope = new PointerScope()) {
      return eager().data_ptr().address();
    }
  }

  private void fused() {
    Native.normReluConv(
        batch,
        layer.size,
        layer.in,
        layer.out,
        layer.kernel,
        layer.stride,
        x,
        scale,
        shift,
        weights,
        y,
        mean,
        variance);
  }

  private Tensor eager() {
    TensorOptional none = new TensorOptional();
    Tensor normalised = torch.batch_norm(eagerX, none, none, none, none, true, 0.1, EPSILON, false);
    long padding = layer.kernel / 2;
    return torch.conv2d(
        torch.relu_(normalised),
        eagerWeights,
        none,
        new long[] {layer.stride, layer.stride},
        new long[] {padding, padding},
        new long[] {1, 1},
        1);
  }

  /** Mean and population variance of a channel. */
  private static double[] moments(FloatBuffer values, int channel, int channels) {
    int count = values.capacity() / channels;
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += values.get(i * channels + channel);
    }
    double mean = sum / count;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      squares += Math.pow(values.get(i * channels + channel) - mean, 2);
    }
    return new double[] {mean, squares / count};
  }

  private static FloatBuffer normal(int count, double deviation) {
    SplittableRandom random = new SplittableRandom(count);
    FloatBuffer buffer = buffer(count);
    for (int i = 0; i < count; i++) {
      buffer.put(i, (float) (random.nextGaussian() * deviation));
    }
    return buffer;
  }

  private static FloatBuffer buffer(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }
}
