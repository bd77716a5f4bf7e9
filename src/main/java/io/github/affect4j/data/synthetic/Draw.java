package io.github.affect4j.data.synthetic;

import io.github.affect4j.data.CounterRandom;

/** Successive random numbers of one stream: a counter-based generator with its counter. */
final class Draw {
  private final long key;
  private int counter;

  Draw(long seed, long stream, long item) {
    key = CounterRandom.key(seed, stream, item);
  }

  double uniform() {
    return CounterRandom.uniform(key, counter++);
  }

  double between(double low, double high) {
    return low + (high - low) * uniform();
  }

  boolean chance(double probability) {
    return uniform() < probability;
  }

  int below(int bound) {
    return CounterRandom.below(key, counter++, bound);
  }

  /** Standard normal (Box-Muller). */
  double gaussian() {
    return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }
}
