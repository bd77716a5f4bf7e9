package io.github.affect4j.data;

/**
 * Counter-based random numbers: each is a function of a key and a counter alone (SplitMix64, Steele
 * et al., 2014), so any row of any epoch can be drawn again in any order, by any thread, after any
 * restart, and without allocation.
 */
public final class CounterRandom {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private CounterRandom() {}

  /** Key of an independent stream for (seed, a, b). */
  public static long key(long seed, long a, long b) {
    return mix(mix(mix(seed + GOLDEN_GAMMA) ^ a * 0xD1342543DE82EF95L) ^ b * 0xAF251AF3B0F025B5L);
  }

  /** 64 random bits. */
  public static long bits(long key, int counter) {
    return mix(key + (counter + 1) * GOLDEN_GAMMA);
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  public static double uniform(long key, int counter) {
    return (bits(key, counter) >>> 11) * 0x1p-53;
  }

  /** Uniform in [low, high). */
  public static double uniform(long key, int counter, double low, double high) {
    return low + (high - low) * uniform(key, counter);
  }

  /** Uniform integer in 0..bound-1; its bias is below bound / 2^32. */
  public static int below(long key, int counter, int bound) {
    return (int) (((bits(key, counter) >>> 32) * bound) >>> 32);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
