package io.github.affect4j.data;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The annotation files of s-Aff-Wild2: a header line, then rows of 16 fields (image, valence,
 * arousal, expression, 12 action units). -5 marks a missing valence or arousal, -1 a missing
 * expression or action unit. Rows may repeat and keep their order.
 */
public final class Annotations {
  /** The official header, which names the 12 action units in one word. */
  public static final String HEADER = "image,valence,arousal,expression,aus";

  /** Fields of a row. */
  public static final int FIELDS = 4 + ActionUnit.COUNT;

  private static final String LONG_HEADER =
      "image,valence,arousal,expression," + String.join(",", VideoFormat.columns(Task.AU));

  private Annotations() {}

  /**
   * Reads a file.
   *
   * @throws InputException naming the line if anything differs from the format
   */
  public static LabelSet read(Path file) {
    if (Files.isDirectory(file)) {
      throw InputException.in(file, "expected an annotation file, but it is a folder; of per-video files "
          + "'affect4j convert' makes one");
    }
    TextRows rows = new TextRows(file, "an annotation file");
    if (!rows.advance()) {
      throw InputException.in(file, "expected an annotation file, but it is empty");
    }
    checkHeader(rows);
    Columns columns = new Columns();
    while (rows.advance()) {
      columns.add(rows);
    }
    if (columns.size() == 0) {
      throw InputException.in(file, "expected at least one annotated image after the header line, got none");
    }
    return columns.toLabelSet();
  }

  /** Writes a file in the official form; it appears whole or not at all. */
  public static void write(Path file, LabelSet labels) {
    try (AnnotationWriter writer = new AnnotationWriter(file)) {
      for (int row = 0; row < labels.size(); row++) {
        writer.add(labels, row);
      }
      writer.commit();
    } catch (IOException e) {
      throw new InputException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static void checkHeader(TextRows rows) {
    String header = rows.wholeLine().replace(" ", "");
    if (header.equalsIgnoreCase(HEADER) || header.equalsIgnoreCase(LONG_HEADER)) {
      return;
    }
    throw rows.headerError("expected the header line '" + HEADER + "' of an annotation file");
  }

  /** Growing label columns. */
  private static final class Columns {
    private final List<String> images = new ArrayList<>();
    private double[] valence = new double[1024];
    private double[] arousal = new double[1024];
    private byte[] expression = new byte[1024];
    private byte[] actionUnits = new byte[1024 * ActionUnit.COUNT];

    int size() {
      return images.size();
    }

    void add(TextRows rows) {
      int fields = rows.fieldsLeft();
      if (fields != FIELDS) {
        throw rows.error("expected " + FIELDS + " fields (image, valence, arousal, expression, 12 action units), got "
            + fields);
      }
      int row = images.size();
      if (row == valence.length) {
        grow();
      }
      images.add(rows.imageField());
      valence[row] = LabelFields.affect(rows, "valence");
      arousal[row] = LabelFields.affect(rows, "arousal");
      expression[row] = LabelFields.expression(rows);
      for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
        actionUnits[row * ActionUnit.COUNT + unit] = LabelFields.actionUnit(rows, unit);
      }
    }

    private void grow() {
      int rows = valence.length * 2;
      valence = Arrays.copyOf(valence, rows);
      arousal = Arrays.copyOf(arousal, rows);
      expression = Arrays.copyOf(expression, rows);
      actionUnits = Arrays.copyOf(actionUnits, rows * ActionUnit.COUNT);
    }

    LabelSet toLabelSet() {
      int rows = images.size();
      return new LabelSet(
          images,
          Arrays.copyOf(valence, rows),
          Arrays.copyOf(arousal, rows),
          Arrays.copyOf(expression, rows),
          Arrays.copyOf(actionUnits, rows * ActionUnit.COUNT));
    }
  }
}
