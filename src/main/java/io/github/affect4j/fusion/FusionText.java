package io.github.affect4j.fusion;

import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;
import java.util.Locale;

/** How results of fusion and smoothing are written for the terminal. */
final class FusionText {
  private FusionText() {}

  /** A table whose lines {@link #row} adds. */
  static TextTable header(Protocol protocol) {
    return new TextTable().row("protocol " + protocol.label(), "P", "mean CCC", "macro F1", "mean F1");
  }

  static TextTable row(TextTable table, String name, Summary scores) {
    return table.row(
        name, number(scores.p()), number(scores.meanCcc()), number(scores.macroF1()), number(scores.meanF1()));
  }

  /** A line for each file that was written. */
  static String written(String out, String submission) {
    return (out == null ? "" : "raw predictions: " + out + "\n")
        + (submission == null ? "" : "submission: " + submission + "\n");
  }

  /** What to know about scores with thresholds; empty without. */
  static String decided(String thresholds) {
    return thresholds == null
        ? ""
        : "(action units decided by " + thresholds + ": an upper estimate if it was tuned on these rows)\n";
  }

  /** What a sweep has found. */
  static String best(String values, Summary scores) {
    return "\nbest here: " + values + (scores.p() == null ? "" : ", P " + number(scores.p()))
        + " (chosen on the rows it is scored on: an upper estimate)\n";
  }

  /** A dash for a task that is not predicted. */
  static String number(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
  }

  static String lambda(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  static String sigma(double value) {
    return Double.toString(value).replaceFirst("\\.0$", "");
  }
}
