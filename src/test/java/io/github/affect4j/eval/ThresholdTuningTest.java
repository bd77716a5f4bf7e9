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
