package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFuzzTest {
  @TempDir(factory = InMemory.class) Path dir;

  @FuzzTest
  void safetensors(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("weights.safetensors"), input, file -> {
      Map<TensorEntry, float[]> tensors = new LinkedHashMap<>();
      Map<String, String> metadata;
      try (Safetensors opened = Safetensors.open(file)) {
        metadata = opened.metadata();
        for (TensorEntry tensor : opened.tensors().values()) {
          assertTrue(tensor.offset() >= 0 && tensor.offset() + tensor.bytes() <= Files.size(file));
          if (tensor.type().isReadable()) {
            tensors.put(tensor, read(opened, tensor));
          }
        }
        opened.verify();
      }
      requireSame(metadata, tensors, written(metadata, tensors));
    });
  }

  private Path written(Map<String, String> metadata, Map<TensorEntry, float[]> tensors) throws IOException {
    Path copy = dir.resolve("copy.safetensors");
    List<SafetensorsWriter.Declaration> declarations = new ArrayList<>();
    tensors.keySet().forEach(
        tensor -> declarations.add(new SafetensorsWriter.Declaration(tensor.name(), tensor.shape())));
    try (SafetensorsWriter writer = SafetensorsWriter.create(copy, metadata, declarations)) {
      for (float[] values : tensors.values()) {
        writer.write(FloatBuffer.wrap(values));
      }
      writer.commit();
    }
    return copy;
  }

  private static void requireSame(Map<String, String> metadata, Map<TensorEntry, float[]> tensors, Path copy)
      throws Exception {
    try (Safetensors again = Fuzz.readBack(() -> Safetensors.open(copy))) {
      assertTrue(Fuzz.readBack(again::verify));
      assertEquals(tensors.size(), again.tensors().size());
      metadata.forEach((key, value) -> {
        if (!key.equals(Safetensors.CHECKSUM_KEY)) {
          assertEquals(value, again.metadata().get(key));
        }
      });
      for (Map.Entry<TensorEntry, float[]> tensor : tensors.entrySet()) {
        TensorEntry entry = again.tensors().get(tensor.getKey().name());
        assertEquals(tensor.getKey().shape(), entry.shape());
        assertArrayEquals(tensor.getValue(), read(again, entry));
      }
    }
  }

  private static float[] read(Safetensors file, TensorEntry tensor) throws IOException {
    float[] values = new float[Math.toIntExact(tensor.elements())];
    file.read(tensor, FloatBuffer.wrap(values));
    return values;
  }
}
