package io.github.affect4j.engine;

import io.github.affect4j.engine.internal.Native;

/** The native library as a whole. */
public final class Runtime {
  private Runtime() {}

  /** JSON object: libtorch and oneDNN versions, CPU path in use, threads, GPUs. */
  public static String describe() {
    return Native.describe();
  }

  /** Sets the OpenMP threads of all native work, at least 1. */
  public static void threads(int threads) {
    Native.threads(threads);
  }
}
