package io.github.affect4j.fusion;

import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Raw predictions as text (docs/metrics.md): a header line, then an image path and its logits a
 * line. A head that is absent has no columns. The decimals read back as exactly the same floats.
 */
public final class RawPredictionFile {
  private static final String KIND = "a raw prediction file";

  private RawPredictionFile() {}

  /**
   * Reads a file.
   *
   * @throws InputException naming the line if anything differs from the format, or if there is no row
   */
  public static RawPredictions read(Path file) {
    TextRows rows = new TextRows(file, KIND);
    rows.advance();
    return read(rows);
  }

  /** Reads rows that stand on the header line. */
  static RawPredictions read(TextRows rows) {
    Set<Task> tasks = tasksOf(rows.wholeLine());
    if (tasks.isEmpty()) {
      throw rows.headerError(
          "expected the header of a raw prediction file, 'image' and the logits of va, expr or au, as "
              + "'affect4j predict' writes it");
    }
    List<String> images = new ArrayList<>();
    List<float[]> logits = new ArrayList<>();
    while (rows.advance()) {
      images.add(readRow(rows, tasks, logits));
    }
    if (images.isEmpty()) {
      throw InputException.in(rows.file(), "expected at least one prediction after the header line, got none");
    }
    return new RawPredictions(images, tasks, concatenated(logits));
  }

  /**
   * Writes a file; it appears whole or not at all.
   *
   * @throws InputException if an image path contains a comma or a line break
   */
  public static void write(Path file, RawPredictions predictions) {
    Set<Task> tasks = predictions.tasks();
    StringBuilder text = new StringBuilder(header(tasks)).append('\n');
    for (int row = 0; row < predictions.size(); row++) {
      text.append(TextRows.requireField(predictions.images().get(row)));
      for (Task task : tasks) {
        for (int output = 0; output < task.outputs(); output++) {
          text.append(',').append(predictions.logit(row, task.firstColumn() + output));
        }
      }
      text.append('\n');
    }
    AtomicFile.writeText(file, text);
  }

  /** The tasks whose logits a header line announces; empty if it is no header of a raw file. */
  static Set<Task> tasksOf(String headerLine) {
    String header = headerLine.replace(" ", "").toLowerCase(Locale.ROOT);
    for (int mask = 1; mask < 1 << Task.values().length; mask++) {
      Set<Task> tasks = EnumSet.noneOf(Task.class);
      for (Task task : Task.values()) {
        if ((mask & task.bit()) != 0) {
          tasks.add(task);
        }
      }
      if (header(tasks).equals(header)) {
        return tasks;
      }
    }
    return Set.of();
  }

  private static String header(Set<Task> tasks) {
    StringBuilder header = new StringBuilder("image");
    for (Task task : tasks) {
      for (String name : names(task)) {
        header.append(',').append(name.toLowerCase(Locale.ROOT)).append("_logit");
      }
    }
    return header.toString();
  }

  private static List<String> names(Task task) {
    return switch (task) {
      case VA -> List.of("valence", "arousal");
      case EXPR -> Arrays.stream(Expression.values()).map(Expression::label).toList();
      case AU -> Arrays.stream(ActionUnit.values()).map(ActionUnit::name).toList();
    };
  }

  private static String readRow(TextRows rows, Set<Task> tasks, List<float[]> logits) {
    int expected = 1 + tasks.stream().mapToInt(Task::outputs).sum();
    if (rows.fieldsLeft() != expected) {
      throw rows.error("expected " + expected + " fields as in the header, got " + rows.fieldsLeft());
    }
    String image = rows.imageField();
    float[] row = new float[Task.ALL_OUTPUTS];
    Arrays.fill(row, Float.NaN);
    for (Task task : tasks) {
      for (int output = 0; output < task.outputs(); output++) {
        row[task.firstColumn() + output] = rows.float32("the " + names(task).get(output) + " logit");
      }
    }
    logits.add(row);
    return image;
  }

  private static float[] concatenated(List<float[]> rows) {
    float[] all = new float[rows.size() * Task.ALL_OUTPUTS];
    for (int row = 0; row < rows.size(); row++) {
      System.arraycopy(rows.get(row), 0, all, row * Task.ALL_OUTPUTS, Task.ALL_OUTPUTS);
    }
    return all;
  }
}
