package io.github.affect4j.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.affect4j.engine.internal.Native;
import io.github.affect4j.io.Json;

/** The native library as a whole. */
public final class Runtime {
  private static final int MAX_THREADS = 1024;

  private Runtime() {}

  /** JSON object: libtorch and oneDNN versions, CPU path in use, threads, GPUs. */
  public static String describe() {
    return Native.describe();
  }

  /**
   * Sets the OpenMP threads of all native work, and starts them.
   *
   * @param threads 1 to 1024; 0: as many as OpenMP takes by itself
   * @throws EngineException if they cannot be started, saying what to do
   */
  public static void threads(int threads) {
    Native.threads(threads == 0 ? Math.min(MAX_THREADS, threads()) : threads);
  }

  private static int threads() {
    try {
      return Json.mapper().readTree(describe()).path("threads").asInt();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Measures, within seconds, the best rate of libtorch's matrix product (2048 x 2048 with the threads in
   * force on the CPU, 8192 x 8192 on a GPU): what a training step could reach if it were one such product.
   *
   * @return FLOP/s, a multiply-add counted as two
   */
  public static double peakGemm(Device device, Precision precision) {
    return Native.peakGemm(device.index(), precision.ordinal());
  }

  /**
   * Measures the memory's best rate over 256 MiB buffers, by STREAM's triad and by updates in place.
   *
   * @return bytes/s, read and written together
   */
  public static double peakBandwidth(Device device) {
    return Native.peakBandwidth(device.index());
  }
}
