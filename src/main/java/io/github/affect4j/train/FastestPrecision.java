package io.github.affect4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.Runtime;
import io.github.affect4j.io.Json;

/** Which element type trains fastest on this processor. */
public final class FastestPrecision {
  private FastestPrecision() {}

  /** bf16 with AVX512_BF16 or AMX; fp32 otherwise, where bf16 is emulated and slower. */
  public static Precision here() {
    try {
      JsonNode runtime = Json.mapper().readTree(Runtime.describe());
      boolean bf16 = runtime.path("avx512_bf16").asBoolean() || runtime.path("amx").asBoolean();
      return bf16 ? Precision.BF16 : Precision.FP32;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the native library described itself in broken JSON", e);
    }
  }
}
