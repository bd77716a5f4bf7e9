package io.github.affect4j.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private final LabelSet labels = SmallData.labels(5, 20, true);
  private final Predictions predictions = SmallData.predictions(labels);

  @Test
  void labelsAsPredictionsReachThree() {
    LabelSet complete = SmallData.labels(4, 30, false);
    Predictions perfect =
        new Predictions(complete.images(), EnumSet.allOf(Task.class), complete.valence(), complete.arousal(),
            complete.expression(), complete.actionUnits());
    for (Protocol protocol : Protocol.values()) {
      assertEquals(3, Evaluation.evaluate(complete, perfect, protocol).p(), 1e-12);
    }
  }

  @Test
  void protocolsUseTheRowsTheyPromise() {
    Scores each = Evaluation.evaluate(labels, predictions, Protocol.EACH);
    Scores all = Evaluation.evaluate(labels, predictions, Protocol.ALL);
    assertEquals(100, each.rows());
    assertEquals(80, each.va().rows());
    assertEquals(80, each.expr().rows());
    assertEquals(100, each.au().rows());
    assertEquals(List.of(100L, 100L, 100L, 100L, 100L, 100L, 80L, 100L, 100L, 100L, 100L, 100L), each.au().labelled());
    // rows 0 and 1 of five lack valence or the expression, row 2 lacks an action unit
    assertEquals(40, all.va().rows());
    assertEquals(40, all.expr().rows());
    assertEquals(40, all.au().rows());
  }

  @Test
  void aTaskThatIsNotPredictedIsNullAndSoIsP() {
    Predictions single =
        new Predictions(labels.images(), EnumSet.of(Task.EXPR), new double[0], new double[0],
            predictions.expression(), new byte[0]);
    Scores scores = Evaluation.evaluate(labels, single, Protocol.EACH);
    assertNull(scores.p());
    assertNull(scores.va());
    assertNull(scores.au());
    assertNull(scores.part(Task.VA));
    assertEquals(Evaluation.evaluate(labels, predictions, Protocol.EACH).expr(), scores.expr());
    assertEquals(scores.expr().macroF1(), scores.sum());
    assertTrue(Json.mapper().valueToTree(scores).get("p").isNull());
  }

  @Test
  void jsonHasTheDocumentedKeys() {
    JsonNode json = Json.mapper().valueToTree(Evaluation.evaluate(labels, predictions, Protocol.ALL));
    assertEquals("all", json.get("protocol").asText());
    assertTrue(json.get("p").isDouble());
    assertTrue(json.at("/va/ccc_valence").isDouble());
    assertTrue(json.at("/va/ccc_arousal").isDouble());
    assertTrue(json.at("/expr/macro_f1").isDouble());
    assertEquals(8, json.at("/expr/f1").size());
    assertTrue(json.at("/au/mean_f1").isDouble());
    assertEquals(12, json.at("/au/f1").size());
  }

  @Test
  void noValidLabelGivesZeroNotNaN() {
    int rows = labels.size();
    double[] noVa = new double[rows];
    byte[] noExpression = new byte[rows];
    byte[] noUnits = new byte[labels.actionUnits().length];
    Arrays.fill(noVa, LabelSet.INVALID_VA);
    Arrays.fill(noExpression, LabelSet.INVALID);
    Arrays.fill(noUnits, LabelSet.INVALID);
    LabelSet nothing = new LabelSet(labels.images(), noVa, noVa, noExpression, noUnits);
    for (Protocol protocol : Protocol.values()) {
      assertEquals(0, Evaluation.evaluate(nothing, predictions, protocol).p());
    }
  }

  @Test
  void otherRowsAreRefused() {
    LabelSet fewer = SmallData.labels(5, 19, true);
    assertThrows(IllegalArgumentException.class, () -> Evaluation.evaluate(fewer, predictions, Protocol.EACH));
    List<String> swapped = new ArrayList<>(labels.images());
    Collections.swap(swapped, 3, 4);
    LabelSet other =
        new LabelSet(swapped, labels.valence(), labels.arousal(), labels.expression(), labels.actionUnits());
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Evaluation.evaluate(other, predictions, Protocol.EACH));
    assertTrue(e.getMessage().startsWith("row 3"), e.getMessage());
  }

  @Test
  void theBestConstantIsNotBeatenByAnyOther() {
    Scores best = ConstantBaseline.best(labels, Protocol.EACH);
    assertNotNull(best.p());
    assertEquals(0, best.va().meanCcc());
    assertTrue(best.au().meanF1() > 0.5 && best.au().meanF1() < 0.8, () -> "mean F1 " + best.au().meanF1());
    long largest = best.expr().support().stream().mapToLong(Long::longValue).max().orElseThrow();
    double n = best.expr().rows();
    assertEquals(2 * largest / (n + largest) / 8, best.expr().macroF1(), 1e-15);
  }

  @Test
  void impossiblePredictionsAreRefused() {
    double[] nan = predictions.valence().clone();
    nan[4] = Double.NaN;
    assertThrows(IllegalArgumentException.class, () -> copy(nan, predictions.expression()));
    byte[] ninth = predictions.expression().clone();
    ninth[4] = 8;
    assertThrows(IllegalArgumentException.class, () -> copy(predictions.valence(), ninth));
    assertThrows(IllegalArgumentException.class, () -> copy(new double[3], predictions.expression()));
  }

  private Predictions copy(double[] valence, byte[] expression) {
    return new Predictions(labels.images(), EnumSet.allOf(Task.class), valence, predictions.arousal(), expression,
        predictions.actionUnits());
  }
}
