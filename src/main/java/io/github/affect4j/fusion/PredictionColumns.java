package io.github.affect4j.fusion;

import io.github.affect4j.eval.Predictions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Growing columns of decoded predictions, filled from the fields of a line. */
final class PredictionColumns {
  private static final String EXPRESSION = "the expression as a whole number in 0.." + (Expression.COUNT - 1);
  private static final List<String> UNITS =
      Arrays.stream(ActionUnit.values()).map(unit -> unit + " as 0 or 1").toList();

  private final Set<Task> tasks;
  private final List<String> images = new ArrayList<>();
  private final List<Double> valence = new ArrayList<>();
  private final List<Double> arousal = new ArrayList<>();
  private final List<Byte> expression = new ArrayList<>();
  private final List<Byte> actionUnits = new ArrayList<>();

  PredictionColumns(Set<Task> tasks) {
    this.tasks = tasks;
  }

  /** Reads the next fields of a line: those of each task, in the official order. */
  void add(String image, TextRows fields) {
    images.add(image);
    if (tasks.contains(Task.VA)) {
      valence.add(affect("valence", fields));
      arousal.add(affect("arousal", fields));
    }
    if (tasks.contains(Task.EXPR)) {
      expression.add((byte) fields.integer(EXPRESSION, 0, Expression.COUNT - 1));
    }
    if (tasks.contains(Task.AU)) {
      for (String unit : UNITS) {
        actionUnits.add((byte) fields.integer(unit, 0, 1));
      }
    }
  }

  private static double affect(String name, TextRows fields) {
    double value = fields.number(name);
    if (Math.abs(value) > Predictions.LARGEST_AFFECT) {
      throw fields.error("expected " + name + " in [-1, 1], got " + value
          + "; what is outside is scored as it is, but not beyond " + (long) Predictions.LARGEST_AFFECT);
    }
    return value;
  }

  Predictions toPredictions(Path source) {
    if (images.isEmpty()) {
      throw InputException.in(source, "expected at least one prediction after the header line, got none");
    }
    return new Predictions(
        images, tasks, doubles(valence), doubles(arousal), bytes(expression), bytes(actionUnits));
  }

  private static double[] doubles(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static byte[] bytes(List<Byte> values) {
    byte[] bytes = new byte[values.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = values.get(i);
    }
    return bytes;
  }
}
