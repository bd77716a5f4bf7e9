package io.github.affect4j.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import io.github.affect4j.task.ActionUnit;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class ThresholdsFuzzTest {
  @TempDir(factory = InMemory.class) Path dir;

  @FuzzTest
  void thresholds(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("thresholds.json"), input, file -> {
      AuThresholds thresholds = AuThresholds.read(file);
      assertEquals(ActionUnit.COUNT, thresholds.logits().size());
      assertTrue(thresholds.logits().stream().allMatch(Float::isFinite));
      Path copy = dir.resolve("copy.json");
      thresholds.write(copy);
      assertEquals(thresholds, Fuzz.readBack(() -> AuThresholds.read(copy)));
    });
  }
}
