package io.github.affect4j.bench;

/**
 * Arithmetic of a ResNet-50 (torchvision's v1.5: the stride is in the 3x3 convolution) in floating-point
 * operations an image, a multiply-add counted as two. Only convolutions and heads count, as is
 * usual for MFU: normalisation, losses and the optimizer are overhead by that measure.
 */
final class NetworkCost {
  private static final int[] BLOCKS = {3, 4, 6, 3};
  private static final int EXPANSION = 4;
  private static final int FEATURES = 2048;

  private final long stem;
  private final long rest;

  /**
   * Counts for an input size and a number of outputs of the heads together.
   */
  NetworkCost(int height, int width, int outputs) {
    int h = half(height);
    int w = half(width);
    stem = convolution(h, w, 3, 64, 7);
    long sum = 0;
    int in = 64;
    h = half(h); // the max pool
    w = half(w);
    for (int stage = 0; stage < BLOCKS.length; stage++) {
      int inner = 64 << stage;
      for (int block = 0; block < BLOCKS[stage]; block++) {
        boolean strided = stage > 0 && block == 0;
        sum += convolution(h, w, in, inner, 1);
        h = strided ? half(h) : h;
        w = strided ? half(w) : w;
        sum += convolution(h, w, inner, inner, 3) + convolution(h, w, inner, inner * EXPANSION, 1);
        sum += block == 0 ? convolution(h, w, in, inner * EXPANSION, 1) : 0;
        in = inner * EXPANSION;
      }
    }
    rest = sum + 2L * FEATURES * outputs;
  }

  private static int half(int size) {
    return (size + 1) / 2;
  }

  /** Of an output of h x w. */
  private static long convolution(int h, int w, int in, int out, int kernel) {
    return 2L * h * w * in * out * kernel * kernel;
  }

  /** Operations an image of a forward pass. */
  long forward() {
    return stem + rest;
  }

  /** Operations an image of forward and backward; the stem's input needs no gradient. */
  long training() {
    return 2 * stem + 3 * rest;
  }
}
