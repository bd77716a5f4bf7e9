package io.github.affect4j.data;

/**
 * What a random resized crop may be, with the meaning of torchvision's RandomResizedCrop.
 *
 * @param minScale smallest area of the crop as a fraction of the image's, above 0
 * @param maxScale largest area, at most 1
 * @param minRatio smallest width / height, above 0
 * @param maxRatio largest width / height
 */
public record CropRange(double minScale, double maxScale, double minRatio, double maxRatio) {
  /** torchvision's default, which the paper's authors use: area 0.08..1, ratio 3/4..4/3. */
  public static final CropRange DEFAULT = new CropRange(0.08, 1, 3.0 / 4, 4.0 / 3);

  public CropRange {
    if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1)) {
      throw new IllegalArgumentException(
          "expected a crop scale with 0 < smallest <= largest <= 1, got " + minScale + ".." + maxScale);
    }
    if (!(minRatio > 0 && minRatio <= maxRatio && maxRatio < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "expected a crop ratio with 0 < smallest <= largest, got " + minRatio + ".." + maxRatio);
    }
  }
}
