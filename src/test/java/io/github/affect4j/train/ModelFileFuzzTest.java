package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import io.github.affect4j.io.Safetensors;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is known of a model from its file's header; the tensors themselves are checked one by one as they are loaded.
 */
class ModelFileFuzzTest {
  @TempDir(factory = InMemory.class) Path dir;

  @FuzzTest
  void model(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("model.safetensors"), input, file -> {
      try (Safetensors opened = Weights.open(file)) {
        assertNotNull(ModelFile.spec(opened));
        if (opened.metadata().containsKey(Checkpoint.STATE_KEY)) {
          assertNotNull(Checkpoint.state(opened));
        }
      }
    });
  }
}
