package io.github.affect4j.data;

import java.nio.FloatBuffer;

/**
 * Plans which part of an image a batch row shows, as 5 floats for the native layer: top, left,
 * height, width (pixels) and flip (0 or 1). The resize itself is fused into the native copy.
 */
public final class Augmentation {
  private static final int ATTEMPTS = 10;
  private static final int NUMBERS_PER_ATTEMPT = 4;
  private static final double FLIP_PROBABILITY = 0.5;

  private Augmentation() {}

  /**
   * RandomResizedCrop and horizontal flip with probability 0.5, as torchvision draws them: up to 10
   * attempts, then the largest centred crop of an allowed ratio. A pure function of (seed, epoch,
   * row); allocates nothing.
   *
   * @param crops takes 5 floats at its position
   */
  public static void randomResizedCrop(
      long seed, int epoch, int row, int height, int width, CropRange range, FloatBuffer crops) {
    long key = CounterRandom.key(seed, epoch, row);
    float flip = CounterRandom.uniform(key, 0) < FLIP_PROBABILITY ? 1 : 0;
    double lowLogRatio = Math.log(range.minRatio());
    double highLogRatio = Math.log(range.maxRatio());
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int counter = 1 + attempt * NUMBERS_PER_ATTEMPT;
      double scale = CounterRandom.uniform(key, counter, range.minScale(), range.maxScale());
      double area = scale * height * width;
      double ratio = Math.exp(CounterRandom.uniform(key, counter + 1, lowLogRatio, highLogRatio));
      int cropWidth = (int) Math.rint(Math.sqrt(area * ratio));
      int cropHeight = (int) Math.rint(Math.sqrt(area / ratio));
      if (cropWidth > 0 && cropWidth <= width && cropHeight > 0 && cropHeight <= height) {
        int top = CounterRandom.below(key, counter + 2, height - cropHeight + 1);
        int left = CounterRandom.below(key, counter + 3, width - cropWidth + 1);
        put(crops, top, left, cropHeight, cropWidth, flip);
        return;
      }
    }
    putCentred(height, width, range, flip, crops);
  }

  private static void putCentred(int height, int width, CropRange range, float flip, FloatBuffer crops) {
    double ratio = (double) width / height;
    int cropHeight = ratio < range.minRatio() ? (int) Math.rint(width / range.minRatio()) : height;
    int cropWidth = ratio > range.maxRatio() ? (int) Math.rint(height * range.maxRatio()) : width;
    put(crops, (height - cropHeight) / 2, (width - cropWidth) / 2, cropHeight, cropWidth, flip);
  }

  /** The whole image, unflipped: what validation and prediction see. */
  public static void wholeImage(int height, int width, FloatBuffer crops) {
    put(crops, 0, 0, height, width, 0);
  }

  private static void put(FloatBuffer crops, int top, int left, int height, int width, float flip) {
    crops.put(top).put(left).put(height).put(width).put(flip);
  }
}
