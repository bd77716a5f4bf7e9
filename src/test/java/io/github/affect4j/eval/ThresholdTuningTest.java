package io.github.affect4j.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.io.InputException;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThresholdTuningTest {
  @TempDir Path dir;

  @Test
  void findsTheSeparatingThreshold() {
    float[] scores = {-3, -2, -1.5f, -1, 4};
    assertEquals(-1.25f, ThresholdTuning.best(scores, new byte[] {0, 0, 0, 1, 1}));
    assertTrue(ThresholdTuning.best(scores, new byte[] {1, 1, 1, 1, 1}) < -3);
    assertEquals(0, ThresholdTuning.best(scores, new byte[5]));
    assertEquals(0, ThresholdTuning.best(new float[0], new byte[0]));
  }

  @Test
  void equalScoresAreNotSplitAndNeighboursAre() {
    float up = Math.nextUp(1f);
    assertEquals(1f, ThresholdTuning.best(new float[] {1, up, 1, 1, 1}, new byte[] {0, 1, 0, 0, 0}));
    assertTrue(ThresholdTuning.best(new float[] {1, 1, 1}, new byte[] {1, 0, 0}) < 1);
  }

  @Test
  void noThresholdOfAFineGridIsBetter() {
    Random random = new Random(5);
    float[] scores = new float[60];
    byte[] labels = new byte[60];
    for (int row = 0; row < scores.length; row++) {
      labels[row] = (byte) (random.nextInt(4) == 0 ? 1 : 0);
      scores[row] = (float) random.nextGaussian() + labels[row];
    }
    double best = f1(scores, labels, ThresholdTuning.best(scores, labels));
    for (float threshold = -5; threshold < 5; threshold += 0.001f) {
      assertTrue(f1(scores, labels, threshold) <= best);
    }
  }

  /** Brute force over the scores and their neighbours, which cut wherever a float can. */
  @Test
  void noFiniteThresholdIsBetterForAnyScores() {
    float[] extremes = {
      -Float.MAX_VALUE, Math.nextUp(-Float.MAX_VALUE), -3e38f, -1.8e7f, Math.nextDown(-1.8e7f), -1.7e7f, -1, -0f, 0,
      Float.MIN_VALUE, 2 * Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, 1, Math.nextUp(1f), 1.8e7f, 3e38f,
      Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
    };
    Random random = new Random(7);
    for (int set = 0; set < 20_000; set++) {
      int rows = 1 + random.nextInt(8);
      float[] scores = new float[rows];
      byte[] labels = new byte[rows];
      for (int row = 0; row < rows; row++) {
        scores[row] = extremes[random.nextInt(extremes.length)];
        labels[row] = (byte) random.nextInt(2);
      }
      float best = ThresholdTuning.best(scores, labels);
      assertTrue(Float.isFinite(best));
      double f1 = f1(scores, labels, best);
      for (float score : scores) {
        for (float threshold : new float[] {Math.nextDown(score), score, Math.nextUp(score)}) {
          assertTrue(!Float.isFinite(threshold) || f1(scores, labels, threshold) <= f1,
              () -> Arrays.toString(scores) + Arrays.toString(labels) + " above " + threshold + ", not " + best);
        }
      }
    }
  }

  @Test
  void foldsDoNotDependOnTheOrderOfRows() {
    LabelSet labels = SmallData.labels(7, 20, true);
    float[] logits = new float[labels.actionUnits().length];
    Random random = new Random(8);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian() + labels.actionUnits()[i];
    }
    int[] order = SmallData.shuffled(labels.size(), random);
    float[] moved = new float[logits.length];
    for (int row = 0; row < order.length; row++) {
      System.arraycopy(logits, order[row] * ActionUnit.COUNT, moved, row * ActionUnit.COUNT, ActionUnit.COUNT);
    }
    assertEquals(ThresholdTuning.of(labels, logits), ThresholdTuning.of(SmallData.rows(labels, order), moved));
  }

  private static double f1(float[] scores, byte[] labels, float threshold) {
    ConfusionMatrix matrix = new ConfusionMatrix(2);
    for (int row = 0; row < scores.length; row++) {
      matrix.add(labels[row], scores[row] > threshold ? 1 : 0);
    }
    return matrix.f1(1);
  }

  @Test
  void aBiasedModelIsMendedAlsoOnUnseenVideos() {
    LabelSet labels = SmallData.labels(10, 40, true);
    Random random = new Random(6);
    float[] logits = new float[labels.actionUnits().length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() - 3 + 2 * Math.max(0, labels.actionUnits()[i]));
    }
    ThresholdTuning tuning = ThresholdTuning.of(labels, logits);
    assertTrue(tuning.meanF1Tuned() > tuning.meanF1AtZero() + 0.2);
    assertTrue(tuning.meanF1CrossValidated() > tuning.meanF1AtZero() + 0.2);
    assertTrue(tuning.meanF1CrossValidated() < tuning.meanF1Tuned(), "tuning on the scored rows is optimistic");
  }

  @Test
  void fewVideosAreNotCrossValidated() {
    LabelSet labels = SmallData.labels(4, 10, false);
    assertNull(ThresholdTuning.of(labels, new float[labels.actionUnits().length]).meanF1CrossValidated());
    assertThrows(IllegalArgumentException.class, () -> ThresholdTuning.of(labels, new float[3]));
  }

  @Test
  void thresholdsOfAnySizeAreReadAsWritten() {
    for (float logit : new float[] {-Float.MAX_VALUE, -17_000_001f, -0f, Float.MIN_VALUE, 0.1f, Math.nextUp(3e38f)}) {
      AuThresholds thresholds = new AuThresholds(Collections.nCopies(ActionUnit.COUNT, logit));
      thresholds.write(dir.resolve("t.json"));
      assertEquals(thresholds, AuThresholds.read(dir.resolve("t.json")));
    }
  }

  @Test
  void thresholdsAreReadAsWritten() throws IOException {
    AuThresholds thresholds = new AuThresholds(Collections.nCopies(ActionUnit.COUNT, -0.1f));
    thresholds.write(dir.resolve("t.json"));
    assertEquals(thresholds, AuThresholds.read(dir.resolve("t.json")));
    Files.writeString(dir.resolve("t.json"), Files.readString(dir.resolve("t.json")).replace("AU12", "AU13"));
    assertThrows(InputException.class, () -> AuThresholds.read(dir.resolve("t.json")));
    assertThrows(InputException.class, () -> AuThresholds.read(dir.resolve("none.json")));
    Files.writeString(dir.resolve("t.json"), "{");
    assertThrows(InputException.class, () -> AuThresholds.read(dir.resolve("t.json")));
  }
}
