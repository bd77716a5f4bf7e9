package io.github.affect4j.fusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.SmallData;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LateFusionTest {
  private final LabelSet labels = SmallData.labels(4, 50, false);
  private final FourModels models = SmallModels.four(labels);

  @Test
  void logitsAreTheWeightedMeansOfThePaper() {
    RawPredictions fused = LateFusion.fuse(models, FusionWeights.PAPER, MeanSpace.LOGITS);
    double[] lambda = {0.4, 0.6, 0.6};
    for (Task task : Task.values()) {
      int column = task.firstColumn() + 1;
      double single = models.single().get(task).logit(7, column);
      double multi = models.multi().logit(7, column);
      double expected = lambda[task.ordinal()] * single + (1 - lambda[task.ordinal()]) * multi;
      assertEquals((float) expected, fused.logit(7, column));
    }
  }

  @ParameterizedTest
  @EnumSource(MeanSpace.class)
  void theEndsOfLambdaAreTheModelsThemselves(MeanSpace space) {
    Predictions multi = LateFusion.fuse(models, FusionWeights.same(0), space).decode();
    assertSame(models.multi().decode(), multi);
    Predictions single = LateFusion.fuse(models, FusionWeights.same(1), space).decode();
    assertArrayEquals(models.single().get(Task.EXPR).decode().expression(), single.expression());
    assertArrayEquals(models.single().get(Task.AU).decode().actionUnits(), single.actionUnits());
    assertArrayEquals(models.single().get(Task.VA).decode().valence(), single.valence(), 1e-7);
  }

  private static void assertSame(Predictions expected, Predictions actual) {
    assertArrayEquals(expected.valence(), actual.valence(), 1e-7);
    assertArrayEquals(expected.arousal(), actual.arousal(), 1e-7);
    assertArrayEquals(expected.expression(), actual.expression());
    assertArrayEquals(expected.actionUnits(), actual.actionUnits());
  }

  @Test
  void meansOfProbabilitiesDecodeToThemselves() {
    FusionWeights weights = new FusionWeights(0.3, 0.45, 0.8);
    Predictions fused = LateFusion.fuse(models, weights, MeanSpace.PROBABILITIES).decode();
    Predictions va = models.single().get(Task.VA).decode();
    Predictions multi = models.multi().decode();
    for (int row = 0; row < labels.size(); row++) {
      assertEquals(0.3 * va.valence()[row] + 0.7 * multi.valence()[row], fused.valence()[row], 1e-6);
      assertEquals(classOfMean(row, 0.45), fused.expression()[row]);
      for (int unit = 0; unit < 12; unit++) {
        double single = sigmoid(models.single().get(Task.AU).logit(row, Task.AU.firstColumn() + unit));
        double mean = 0.8 * single + 0.2 * sigmoid(models.multi().logit(row, Task.AU.firstColumn() + unit));
        assertEquals(mean > 0.5 ? 1 : 0, fused.actionUnit(row, unit));
      }
    }
  }

  private int classOfMean(int row, double lambda) {
    double[] mean = new double[8];
    addSoftmax(models.single().get(Task.EXPR), row, lambda, mean);
    addSoftmax(models.multi(), row, 1 - lambda, mean);
    int best = 0;
    for (int label = 1; label < 8; label++) {
      best = mean[label] > mean[best] ? label : best;
    }
    return best;
  }

  private static void addSoftmax(RawPredictions model, int row, double weight, double[] mean) {
    double sum = 0;
    for (int label = 0; label < 8; label++) {
      sum += Math.exp(model.logit(row, Task.EXPR.firstColumn() + label));
    }
    for (int label = 0; label < 8; label++) {
      mean[label] += weight * Math.exp(model.logit(row, Task.EXPR.firstColumn() + label)) / sum;
    }
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  @ParameterizedTest
  @EnumSource(MeanSpace.class)
  void extremeLogitsStayFinite(MeanSpace space) {
    float[] high = new float[Task.ALL_OUTPUTS];
    float[] low = new float[Task.ALL_OUTPUTS];
    Arrays.fill(high, 1e30f);
    Arrays.fill(low, -1e30f);
    low[Task.EXPR.firstColumn() + 4] = 1e30f;
    RawPredictions one = new RawPredictions(List.of("v/1.jpg"), low);
    RawPredictions other = new RawPredictions(List.of("v/1.jpg"), high);
    for (RawPredictions multi : List.of(one, other)) {
      FourModels extreme = new FourModels(Map.of(Task.VA, one, Task.EXPR, one, Task.AU, one), multi);
      Predictions fused = LateFusion.fuse(extreme, FusionWeights.PAPER, space).decode();
      assertEquals(4, fused.expression()[0]);
      assertTrue(Math.abs(fused.valence()[0]) <= 1);
    }
    FourModels alike = new FourModels(Map.of(Task.VA, one, Task.EXPR, one, Task.AU, one), one);
    assertEquals(-1, LateFusion.fuse(alike, FusionWeights.PAPER, space).decode().valence()[0]);
  }

  @Test
  void blendingIndependentModelsHelpsAndTheSweepFindsIt() {
    Scoring scoring = new Scoring(labels, AuThresholds.ZERO, Protocol.EACH);
    FusionSweep sweep = FusionSweep.of(models, MeanSpace.LOGITS, scoring);
    FusionComparison comparison =
        FusionComparison.of(models, LateFusion.fuse(models, FusionWeights.PAPER, MeanSpace.LOGITS), scoring);
    assertEquals(21, sweep.steps().size());
    assertEquals(comparison.multiTask(), sweep.steps().get(0).scores());
    assertEquals(comparison.singleTask(), sweep.steps().get(20).scores());
    assertTrue(comparison.fused().p() > Math.max(comparison.singleTask().p(), comparison.multiTask().p()));
    assertTrue(sweep.atBest().p() >= comparison.fused().p());
    for (FusionSweep.Step step : sweep.steps()) {
      assertTrue(sweep.atBest().p() >= step.scores().p(), () -> step + " beats the best");
    }
    assertTrue(comparison.constantBaseline().p() < comparison.multiTask().p());
  }

  @Test
  void weightsOutsideTheUnitIntervalAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new FusionWeights(0.4, 1.1, 0.6));
    assertThrows(IllegalArgumentException.class, () -> new FusionWeights(Double.NaN, 0.6, 0.6));
  }
}
