package io.github.affect4j.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.LabelSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  private final LabelSet labels = SmallData.labels(12, 25, true);
  private final Predictions predictions = SmallData.predictions(labels);

  @Test
  void intervalsHoldTheEstimateAndHaveAWidth() {
    ConfidenceIntervals intervals = Bootstrap.intervals(labels, predictions, Protocol.EACH, 500, 1);
    Scores scores = Evaluation.evaluate(labels, predictions, Protocol.EACH);
    assertEquals(12, intervals.videos());
    assertHolds(intervals.p(), scores.p());
    assertHolds(intervals.cccValence(), scores.va().cccValence());
    assertHolds(intervals.cccArousal(), scores.va().cccArousal());
    assertHolds(intervals.macroF1(), scores.expr().macroF1());
    assertHolds(intervals.meanF1(), scores.au().meanF1());
  }

  private static void assertHolds(Interval interval, double value) {
    assertTrue(interval.low() < value && value < interval.high(), interval + " around " + value);
  }

  @Test
  void theSeedDecides() {
    ConfidenceIntervals first = Bootstrap.intervals(labels, predictions, Protocol.ALL, 50, 3);
    assertEquals(first, Bootstrap.intervals(labels, predictions, Protocol.ALL, 50, 3));
    assertNotEquals(first.p(), Bootstrap.intervals(labels, predictions, Protocol.ALL, 50, 4).p());
  }

  /** To the last bit, although sums of floating-point numbers depend on their order; also where a list repeats rows. */
  @Test
  void theOrderOfRowsDoesNotMatter() {
    Random random = new Random(3);
    LabelSet repeated = SmallData.repeated(labels, 3);
    Predictions ofThem = SmallData.predictions(repeated);
    ConfidenceIntervals expected = Bootstrap.intervals(repeated, ofThem, Protocol.EACH, 50, 3);
    for (int shuffle = 0; shuffle < 5; shuffle++) {
      int[] order = SmallData.shuffled(repeated.size(), random);
      assertEquals(expected, Bootstrap.intervals(
          SmallData.rows(repeated, order), SmallData.rows(ofThem, order), Protocol.EACH, 50, 3));
    }
  }

  @Test
  void oneVideoGivesNoWidth() {
    LabelSet one = SmallData.labels(1, 30, false);
    Predictions oneVideo = SmallData.predictions(one);
    Interval p = Bootstrap.intervals(one, oneVideo, Protocol.EACH, 20, 1).p();
    assertEquals(p.low(), p.high());
    assertEquals(Evaluation.evaluate(one, oneVideo, Protocol.EACH).p(), p.low(), 1e-14);
  }

  @Test
  void anIntervalIsAnArrayInJson() {
    JsonNode json = Json.mapper().valueToTree(Bootstrap.intervals(labels, predictions, Protocol.EACH, 10, 1));
    assertEquals(2, json.get("p").size());
    assertEquals(2, json.get("ccc_valence").size());
    assertEquals(0.95, json.get("level").asDouble());
  }

  @Test
  void noResampleIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> Bootstrap.intervals(labels, predictions, Protocol.EACH, 0, 1));
  }
}
