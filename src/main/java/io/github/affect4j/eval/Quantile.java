package io.github.affect4j.eval;

/** Quantiles by linear interpolation between order statistics, as NumPy's default. */
public final class Quantile {
  private Quantile() {}

  /**
   * @param sorted at least one value, ascending
   * @param probability from 0 (the smallest value) to 1 (the largest)
   */
  public static double of(double[] sorted, double probability) {
    double position = probability * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
