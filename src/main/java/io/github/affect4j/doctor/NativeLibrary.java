package io.github.affect4j.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.engine.EngineException;
import io.github.affect4j.engine.Runtime;
import io.github.affect4j.io.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * Our native library and the libtorch below it.
 *
 * @param description what it says of itself ({@code libtorch}, {@code onednn}, {@code threads}…);
 *     null if it does not work
 * @param error why it does not work; null if it does
 */
public record NativeLibrary(JsonNode description, String error) {

  static NativeLibrary load() {
    try {
      return new NativeLibrary(Json.mapper().readTree(Runtime.describe()), null);
    } catch (LinkageError | EngineException | JsonProcessingException e) {
      return new NativeLibrary(null, e.getMessage());
    }
  }

  boolean works() {
    return error == null;
  }

  String text(String key) {
    return description.path(key).asText();
  }

  int number(String key) {
    return description.path(key).asInt();
  }

  /** Whether this build can use GPUs, should the machine have one. */
  boolean forGpus() {
    return !description.at("/cuda/toolkit").asText().isEmpty();
  }

  /** Names of the GPUs that can be used: cuda:0, cuda:1… */
  List<String> gpus() {
    List<String> names = new ArrayList<>();
    description.at("/cuda/devices").forEach(name -> names.add(name.asText()));
    return names;
  }

  /** Why no GPU can be used; empty if one can. */
  String gpuObstacle() {
    return description.at("/cuda/obstacle").asText();
  }
}
