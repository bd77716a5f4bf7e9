package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import io.github.affect4j.io.Safetensors;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Models as they are exported; the network's own check of its tensors needs no fuzzing beyond that of the file. */
class ModelFileFuzzTest {
  @TempDir(factory = InMemory.class) Path dir;

  @FuzzTest
  void model(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("model.safetensors"), input, file -> {
      assertNotNull(ModelFile.precision(file));
      Path copy = dir.resolve("copy.safetensors");
      int tensors = ModelFile.export(file, copy);
      try (Safetensors exported = Fuzz.readBack(() -> Safetensors.open(copy))) {
        assertEquals(tensors, exported.tensors().size());
        Fuzz.readBack(exported::verify);
      }
    });
  }
}
