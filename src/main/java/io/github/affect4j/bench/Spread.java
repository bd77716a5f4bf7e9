package io.github.affect4j.bench;

import java.util.Arrays;

/**
 * Median and quartiles of repeated measurements; a mean would follow the disturbances.
 *
 * @param q1 a quarter of the values are below
 * @param median half of the values are below
 * @param q3 three quarters of the values are below
 */
public record Spread(double q1, double median, double q3) {

  /** Of at least one value, interpolated linearly between neighbours. */
  static Spread of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Spread(quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75));
  }

  private static double quantile(double[] sorted, double fraction) {
    double position = fraction * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
