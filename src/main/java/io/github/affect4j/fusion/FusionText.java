package io.github.affect4j.fusion;

import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;
import java.util.Locale;

/** How figures of fusion are written for the terminal. */
final class FusionText {
  private FusionText() {}

  static TextTable row(TextTable table, String name, Summary scores) {
    return table.row(
        name, number(scores.p()), number(scores.meanCcc()), number(scores.macroF1()), number(scores.meanF1()));
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  static String lambda(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
