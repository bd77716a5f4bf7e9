package io.github.affect4j.fusion;

/**
 * A Gaussian over the distance of frames: a frame becomes the mean of the frames at most 4 sigma from it, itself
 * included, with the weights {@code exp(-distance^2 / (2 sigma^2))} divided by their sum. Frames that are missing
 * thus have no weight.
 */
final class TemporalFilter {
  /** In sigmas. What lies beyond is 0.006 % of a Gaussian. */
  private static final int REACH = 4;

  private final double[] weights;

  /** A filter of this width in frames, at most {@link Sigmas#LARGEST} and above 0. */
  TemporalFilter(double sigma) {
    weights = new double[(int) (REACH * sigma) + 1];
    for (int distance = 0; distance < weights.length; distance++) {
      double deviations = distance / sigma;
      weights[distance] = Math.exp(-deviations * deviations / 2);
    }
  }

  /**
   * Smooths a video.
   *
   * @param frames numbers of its frames, rising
   * @param values what is to be smoothed of each frame, equally many values each
   * @return the smoothed values of each frame
   */
  double[][] smooth(int[] frames, double[][] values) {
    double[][] smoothed = new double[frames.length][];
    int first = 0;
    for (int centre = 0; centre < frames.length; centre++) {
      while (frames[centre] - frames[first] >= weights.length) {
        first++;
      }
      smoothed[centre] = mean(frames, values, first, centre);
    }
    return smoothed;
  }

  private double[] mean(int[] frames, double[][] values, int first, int centre) {
    double[] mean = new double[values[centre].length];
    double sum = 0;
    for (int i = first; i < frames.length && frames[i] - frames[centre] < weights.length; i++) {
      double weight = weights[Math.abs(frames[i] - frames[centre])];
      sum += weight;
      for (int column = 0; column < mean.length; column++) {
        mean[column] += weight * values[i][column];
      }
    }
    for (int column = 0; column < mean.length; column++) {
      mean[column] /= sum;
    }
    return mean;
  }
}
