package io.github.affect4j.io;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A safetensors file as tests compare it. */
public final class TensorFile {
  private TensorFile() {}

  /** All tensors by name, in the order of the file. */
  public static Map<String, float[]> tensors(Path path) throws IOException {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    try (Safetensors file = Safetensors.open(path)) {
      for (TensorEntry entry : file.tensors().values()) {
        float[] values = new float[(int) entry.elements()];
        file.read(entry, FloatBuffer.wrap(values));
        tensors.put(entry.name(), values);
      }
    }
    return tensors;
  }
}
