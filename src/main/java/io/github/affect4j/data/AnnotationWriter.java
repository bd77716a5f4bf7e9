package io.github.affect4j.data;

import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Writes an annotation file row by row; it appears at {@link #commit()}, whole, or not at all. */
final class AnnotationWriter implements Closeable {
  private final AtomicFile file;
  private final Writer text;

  /** @throws io.github.affect4j.io.InputException if the target is not writable */
  AnnotationWriter(Path target) throws IOException {
    file = AtomicFile.create(target);
    text = new BufferedWriter(new OutputStreamWriter(file.stream(), StandardCharsets.UTF_8), 1 << 16);
    text.write(Annotations.HEADER + '\n');
  }

  /** Appends one row of some labels. */
  void add(LabelSet labels, int row) throws IOException {
    text.write(TextRows.requireField(labels.images().get(row)));
    add(number(labels.valence()[row]));
    add(number(labels.arousal()[row]));
    add(Integer.toString(labels.expression()[row]));
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      add(Integer.toString(labels.actionUnit(row, unit)));
    }
    text.write('\n');
  }

  private void add(String field) throws IOException {
    text.write(',');
    text.write(field);
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Integer.toString((int) value) : Double.toString(value);
  }

  void commit() throws IOException {
    text.flush();
    file.commit();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
