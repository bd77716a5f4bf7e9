package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.CropRange;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.io.InputException;
import java.util.List;
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
    assertRefused("--lr", -1, 64, List.of());
    assertRefused("--lr", Double.NaN, 64, List.of());
    assertRefused("--batch", 1e-4, 1, List.of());
    assertRefused("--class-weights", 1e-4, 64, List.of(1.0, 2.0));
    assertRefused("--class-weights", 1e-4, 64, List.of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 0.0));
  }

  private static void assertRefused(String option, double lr, int batch, List<Double> weights) {
    Hyperparameters p = Hyperparameters.paper();
    InputException e = assertThrows(InputException.class, () -> new Hyperparameters(
        lr, p.schedule(), p.warmup(), p.weightDecay(), p.beta1(), p.beta2(), p.eps(), batch, p.epochs(), p.patience(),
        p.crop(), p.flip(), p.focalGamma(), p.weightedMean(), weights, p.seed(), Precision.BF16, 1, p.init(),
        p.protocol(), p.rows()));
    assertTrue(e.getMessage().startsWith(option + " must be "), e.getMessage());
  }
}
