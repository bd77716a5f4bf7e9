package io.github.affect4j.data;

import io.github.affect4j.io.Printable;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import java.util.Arrays;

/** Labels as fields of a line, the same in all official files: -5 marks a missing valence or arousal, -1 the others. */
final class LabelFields {
  private static final String EXPRESSION =
      "the expression as a whole number in 0.." + (Expression.COUNT - 1) + ", or -1 for no label";
  private static final String[] UNITS =
      Arrays.stream(ActionUnit.values()).map(unit -> unit + " as 0 or 1, or -1 for no label").toArray(String[]::new);

  private LabelFields() {}

  /** The next field as valence or arousal. */
  static double affect(TextRows row, String name) {
    String field = row.field();
    double value = TextRows.decimal(field);
    if (value >= -1 && value <= 1 || value == LabelSet.INVALID_VA) {
      return value;
    }
    throw row.error("expected " + name + " in [-1, 1], or -5 for no label, got " + Printable.quote(field));
  }

  /** The next field as an expression. */
  static byte expression(TextRows row) {
    return (byte) row.integer(EXPRESSION, LabelSet.INVALID, Expression.COUNT - 1);
  }

  /** The next field as an action unit, counted from 0. */
  static byte actionUnit(TextRows row, int unit) {
    return (byte) row.integer(UNITS[unit], LabelSet.INVALID, 1);
  }
}
