package io.github.affect4j.bench;

/** Hears how many of the steps are done, between two steps. */
@FunctionalInterface
public interface BenchProgress {
  /** {@code done} of {@code total} steps are done, warm-up included. */
  void update(int done, int total);
}
