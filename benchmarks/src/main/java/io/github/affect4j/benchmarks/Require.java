package io.github.affect4j.benchmarks;

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
}
