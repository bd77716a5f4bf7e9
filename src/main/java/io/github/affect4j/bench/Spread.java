package io.github.affect4j.bench;

import io.github.affect4j.eval.Quantile;
import java.util.Arrays;

/**
 * Median and quartiles of repeated measurements; a mean would follow the disturbances.
 *
 * @param q1 a quarter of the values are below
 * @param median half of the values are below
 * @param q3 three quarters of the values are below
 */
public record Spread(double q1, double median, double q3) {

  /** Of at least one value. */
  static Spread of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Spread(Quantile.of(sorted, 0.25), Quantile.of(sorted, 0.5), Quantile.of(sorted, 0.75));
  }
}
