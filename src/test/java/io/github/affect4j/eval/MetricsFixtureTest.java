package io.github.affect4j.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Our metric against scikit-learn and NumPy, as src/test/python/metrics_fixture.py recorded them. */
class MetricsFixtureTest {
  private static final double TOLERANCE = 1e-12;

  private static JsonNode cases;

  @BeforeAll
  static void readCases() throws IOException {
    try (InputStream in = MetricsFixtureTest.class.getResourceAsStream("/metrics/cases.json")) {
      cases = Json.mapper().readTree(in).get("cases");
    }
  }

  static Stream<Arguments> casesAndProtocols() throws IOException {
    readCases();
    return IntStream.range(0, cases.size())
        .boxed()
        .flatMap(i -> Stream.of(Protocol.values()).map(protocol -> Arguments.of(i, protocol)));
  }

  @Test
  void fixtureIsRichEnoughToFail() {
    assertTrue(cases.size() > 50);
    long scored =
        IntStream.range(0, cases.size()).filter(i -> cases.get(i).at("/expected/each/p").asDouble() > 0.5).count();
    assertTrue(scored > 30, "only " + scored + " cases have a P above 0.5");
  }

  @ParameterizedTest(name = "case {0}, {1}")
  @MethodSource("casesAndProtocols")
  void equalsScikitLearnAndNumPy(int index, Protocol protocol) {
    LabelSet labels = labels(cases.get(index).get("labels"));
    Predictions predictions = predictions(cases.get(index).get("predictions"));
    JsonNode expected = cases.get(index).get("expected").get(protocol.label());

    JsonNode actual = Json.mapper().valueToTree(Evaluation.evaluate(labels, predictions, protocol));

    assertContains(expected, actual, "");
  }

  /** Everything in the expected tree must be in ours, numbers within the tolerance. */
  private static void assertContains(JsonNode expected, JsonNode actual, String path) {
    if (expected.isNumber()) {
      assertEquals(expected.asDouble(), actual.asDouble(Double.NaN), TOLERANCE, path);
    } else if (expected.isArray()) {
      assertEquals(expected.size(), actual.size(), path);
      IntStream.range(0, expected.size())
          .forEach(i -> assertContains(expected.get(i), actual.get(i), path + "/" + i));
    } else {
      expected.fieldNames().forEachRemaining(
          name -> assertContains(expected.get(name), actual.path(name), path + "/" + name));
    }
  }

  private static LabelSet labels(JsonNode node) {
    return new LabelSet(
        images(node.get("valence").size()),
        doubles(node.get("valence")),
        doubles(node.get("arousal")),
        bytes(node.get("expression")),
        bytes(node.get("action_units")));
  }

  private static Predictions predictions(JsonNode node) {
    int rows = node.get("valence").size();
    assertEquals(rows * ActionUnit.COUNT, node.get("action_units").size());
    return new Predictions(
        images(rows),
        EnumSet.allOf(Task.class),
        doubles(node.get("valence")),
        doubles(node.get("arousal")),
        bytes(node.get("expression")),
        bytes(node.get("action_units")));
  }

  private static List<String> images(int rows) {
    return Collections.nCopies(rows, "video/00001.jpg");
  }

  private static double[] doubles(JsonNode values) {
    return IntStream.range(0, values.size()).mapToDouble(i -> values.get(i).asDouble()).toArray();
  }

  private static byte[] bytes(JsonNode values) {
    byte[] bytes = new byte[values.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values.get(i).asInt();
    }
    return bytes;
  }
}
