package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.CropRange;
import io.github.affect4j.io.InputException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HyperparametersTest {
  @Test
  void defaultsAreThePapers() {
    Hyperparameters paper = Hyperparameters.paper();
    assertEquals(5e-5, paper.lr());
    assertEquals(1e-4, paper.weightDecay());
    assertEquals(64, paper.batch());
    assertEquals(30, paper.epochs());
    assertEquals(1, paper.focalGamma());
    assertEquals(new CropRange(0.08, 1, 3.0 / 4, 4.0 / 3), paper.crop());
    assertEquals(Schedule.CONSTANT, paper.schedule());
    assertTrue(paper.flip() && !paper.weightedMean() && paper.classWeights().isEmpty());
  }

  @Test
  void valuesOutOfRangeNameTheOption() {
    assertRefused("--lr", Map.of("lr", -1));
    assertRefused("--lr", Map.of("lr", Double.NaN));
    assertRefused("--batch", Map.of("batch", 1));
    assertRefused("--class-weights", Map.of("class_weights", List.of(1, 2)));
    assertRefused("--class-weights", Map.of("class_weights", List.of(1, 2, 3, 4, 5, 6, 7, 0)));
  }

  private static void assertRefused(String option, Map<String, ?> changes) {
    InputException e = assertThrows(InputException.class, () -> Changed.of(Hyperparameters.paper(), changes));
    assertTrue(e.getMessage().startsWith(option + " must be "), e.getMessage());
  }
}
