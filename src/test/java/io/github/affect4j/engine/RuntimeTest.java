package io.github.affect4j.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.io.Json;
import org.junit.jupiter.api.Test;

/** The native library loads, from the build as from the jar, and is of the pinned libtorch. */
class RuntimeTest {
  @Test
  void describesTheLibtorchItWasBuiltFor() throws Exception {
    JsonNode description = Json.mapper().readTree(Runtime.describe());

    assertEquals("2.10.0", description.path("libtorch").asText());
  }
}
