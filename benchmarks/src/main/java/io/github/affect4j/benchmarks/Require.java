package io.github.affect4j.benchmarks;

import java.nio.FloatBuffer;

/** Checks of what a benchmark computed: speed of a wrong result is no speed. */
final class Require {
  private Require() {}

  static void that(boolean condition, String what) {
    if (!condition) {
      throw new IllegalStateException("the benchmark's result is wrong: " + what);
    }
  }

  /** Equal within a relative difference. */
  static void close(double expected, double actual, double relative, String what) {
    that(Math.abs(actual - expected) <= relative * Math.max(Math.abs(expected), 1e-30),
        what + ": expected " + expected + ", got " + actual);
  }

  /** Equal within a difference relative to the largest expected magnitude. */
  static void allClose(float[] expected, FloatBuffer actual, double relative, String what) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - actual.get(i)));
    }
    that(difference <= relative * largest, what + " differ by " + difference + " of " + largest);
  }
}
