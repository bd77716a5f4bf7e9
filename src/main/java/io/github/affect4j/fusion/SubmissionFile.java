package io.github.affect4j.fusion;

import io.github.affect4j.data.Annotations;
import io.github.affect4j.data.VideoFormat;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Task;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/**
 * The official submission of the multi-task challenge: the header of the annotation files, then 16
 * fields a line in the order of the test list. Of one task alone, that of its single-task challenge:
 * a listing of {@code image_location} and the task's values.
 */
public final class SubmissionFile {
  private SubmissionFile() {}

  /**
   * Reads a file of all three tasks. Valence and arousal outside [-1, 1] are kept, since the official metric takes
   * them as they are, up to {@link Predictions#LARGEST_AFFECT}.
   *
   * @throws InputException naming the line if anything differs from the format, or if there is no row
   */
  public static Predictions read(Path file) {
    TextRows rows = new TextRows(file, "a submission file");
    rows.advance();
    return read(rows);
  }

  /** Reads rows that stand on the header line. */
  static Predictions read(TextRows rows) {
    if (!isHeader(rows.wholeLine())) {
      throw rows.headerError("expected the header line '" + Annotations.HEADER + "' of a submission");
    }
    PredictionColumns columns = new PredictionColumns(EnumSet.allOf(Task.class));
    while (rows.advance()) {
      if (rows.fieldsLeft() != Annotations.FIELDS) {
        throw rows.error("expected " + Annotations.FIELDS
            + " fields (image, valence, arousal, expression, 12 action units), got " + rows.fieldsLeft());
      }
      columns.add(rows.imageField(), rows);
    }
    return columns.toPredictions(rows.file());
  }

  /**
   * Writes a file, of all three tasks or of one; it appears whole or not at all. Decimals of valence
   * and arousal read back as exactly the same doubles.
   *
   * @throws InputException if two tasks are predicted, or an image path cannot be written
   */
  public static void write(Path file, Predictions predictions) {
    StringBuilder text = new StringBuilder(header(file, predictions.tasks())).append('\n');
    for (int row = 0; row < predictions.size(); row++) {
      text.append(TextRows.requireField(predictions.images().get(row)));
      for (Task task : predictions.tasks()) {
        append(text, predictions, task, row);
      }
      text.append('\n');
    }
    AtomicFile.writeText(file, text);
  }

  private static String header(Path file, Set<Task> tasks) {
    return switch (tasks.size()) {
      case 1 -> VideoFormat.listingHeader(tasks.iterator().next());
      case 3 -> Annotations.HEADER;
      default -> throw InputException.in(
          file, "a submission is of all three tasks or of one, but these predictions are of "
              + tasks.stream().map(Task::label).toList()
              + "; predict with the multi-task model or fuse the single-task ones");
    };
  }

  private static void append(StringBuilder text, Predictions predictions, Task task, int row) {
    switch (task) {
      case VA -> text.append(',').append(plain(predictions.valence()[row]))
          .append(',').append(plain(predictions.arousal()[row]));
      case EXPR -> text.append(',').append(predictions.expression()[row]);
      case AU -> {
        for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
          text.append(',').append(predictions.actionUnit(row, unit));
        }
      }
    }
  }

  static boolean isHeader(String line) {
    return line.replace(" ", "").equalsIgnoreCase(Annotations.HEADER);
  }

  /** Without an exponent, which not every reader of submissions takes. */
  private static String plain(double value) {
    return new BigDecimal(Double.toString(value)).toPlainString();
  }
}
