package io.github.affect4j.benchmarks;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** libtorch's eager operations, one call and one pass over memory each: what the fused forms are beside. */
final class Eager {
  private Eager() {}

  /** The buffer's memory, which must be direct and outlive the tensor. */
  static Tensor over(FloatBuffer buffer, long... shape) {
    return torch.from_blob(new FloatPointer(buffer), shape);
  }

  /** NHWC memory as the NCHW tensor in channels_last that convolutions take. */
  static Tensor channelsLast(FloatBuffer buffer, long count, long size, long channels) {
    return over(buffer, count, size, size, channels).permute(0, 3, 1, 2);
  }

  static Scalar scalar(double value) {
    return new Scalar(value);
  }
}
