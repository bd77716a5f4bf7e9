package io.github.affect4j.fusion;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Printable;
import io.github.affect4j.io.UnicodeForms;
import java.nio.file.Path;
import java.util.List;

/** Two files describe the same rows only if they name the same images in the same order. */
final class RowOrder {
  /** The line of row 0: one header line stands before it. */
  static final int FIRST_LINE = 2;

  private RowOrder() {}

  static void requireSame(Path file, List<String> images, Path reference, List<String> expected) {
    int common = Math.min(images.size(), expected.size());
    for (int row = 0; row < common; row++) {
      if (!images.get(row).equals(expected.get(row))) {
        throw InputException.at(
            file, row + FIRST_LINE, "expected image " + Printable.quote(expected.get(row)) + " as in " + reference + ":"
                + (row + FIRST_LINE) + ", got " + Printable.quote(images.get(row))
                + "; rows are matched by their order"
                + UnicodeForms.hint(expected.get(row), images.get(row)::equals));
      }
    }
    if (images.size() != expected.size()) {
      throw InputException.at(
          file, common + FIRST_LINE, "expected " + expected.size() + " rows as in " + reference + ", got "
              + images.size());
    }
  }
}
