package io.github.affect4j.eval;

import io.github.affect4j.io.TextTable;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import java.util.List;
import java.util.Locale;

/** Lays an evaluation out for the terminal. */
final class EvaluationText {
  private static final int NAME_IN_MATRIX = 5;

  private final EvaluationReport report;
  private final Scores scores;

  EvaluationText(EvaluationReport report) {
    this.report = report;
    this.scores = report.scores();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(summary());
    text.append('\n').append(rowsUsed()).append(comparisons());
    if (scores.expr() != null) {
      text.append("\nExpressions\n").append(expressions());
      text.append("\nConfusion (a row a label, a column a prediction)\n").append(confusion());
    }
    if (scores.au() != null) {
      text.append("\nAction units\n").append(actionUnits());
    }
    if (report.thresholdTuning() != null) {
      text.append("\nTuned thresholds\n").append(thresholds(report.thresholdTuning()));
    }
    report.notes().forEach(note -> text.append("\nnote: ").append(note).append('\n'));
    return text.toString();
  }

  private String summary() {
    ConfidenceIntervals intervals = report.bootstrap();
    TextTable table = new TextTable().row("", "score", intervals == null ? "" : "95 % interval");
    if (scores.p() != null) {
      row(table, "P", scores.p(), intervals == null ? null : intervals.p());
    }
    if (scores.va() != null) {
      row(table, "mean CCC", scores.va().meanCcc(), intervals == null ? null : intervals.meanCcc());
      row(table, "  CCC valence", scores.va().cccValence(), intervals == null ? null : intervals.cccValence());
      row(table, "  CCC arousal", scores.va().cccArousal(), intervals == null ? null : intervals.cccArousal());
    }
    if (scores.expr() != null) {
      row(table, "macro F1 of 8 expressions", scores.expr().macroF1(), intervals == null ? null : intervals.macroF1());
    }
    if (scores.au() != null) {
      row(table, "mean F1 of 12 action units", scores.au().meanF1(), intervals == null ? null : intervals.meanF1());
    }
    return table.toString();
  }

  private static void row(TextTable table, String name, double score, Interval interval) {
    table.row(name, number(score), interval == null ? "" : number(interval.low()) + " .. " + number(interval.high()));
  }

  private String rowsUsed() {
    StringBuilder text = new StringBuilder("rows used (protocol " + scores.protocol().label() + "):");
    if (scores.va() != null) {
      text.append(" va ").append(scores.va().rows());
    }
    if (scores.expr() != null) {
      text.append(" expr ").append(scores.expr().rows());
    }
    if (scores.au() != null) {
      text.append(" au ").append(scores.au().rows());
    }
    return text + " of " + scores.rows() + "\n";
  }

  private String comparisons() {
    TextTable table = new TextTable().row("", "P", "mean CCC", "macro F1", "mean F1");
    Protocol other = scores.protocol() == Protocol.EACH ? Protocol.ALL : Protocol.EACH;
    row(table, "these predictions", scores.summary());
    if (report.otherProtocol() != null) {
      row(table, "  under protocol " + other.label(), report.otherProtocol());
    }
    row(table, "best constant predictor", report.constantBaseline());
    return "\n" + table;
  }

  private static void row(TextTable table, String name, Summary summary) {
    table.row(name, number(summary.p()), number(summary.meanCcc()), number(summary.macroF1()),
        number(summary.meanF1()));
  }

  private String expressions() {
    ExprScores expr = scores.expr();
    TextTable table = new TextTable().row("", "F1", "precision", "recall", "labelled");
    for (Expression expression : Expression.values()) {
      int i = expression.ordinal();
      table.row(expression.label(), number(expr.f1().get(i)), number(expr.precision().get(i)),
          number(expr.recall().get(i)), expr.support().get(i));
    }
    return table.row("accuracy", number(expr.accuracy())).toString();
  }

  private String confusion() {
    TextTable table = new TextTable();
    Object[] header = new Object[Expression.COUNT + 1];
    for (Expression expression : Expression.values()) {
      String label = expression.label();
      header[expression.ordinal() + 1] = label.substring(0, Math.min(NAME_IN_MATRIX, label.length()));
    }
    table.row(header);
    for (Expression expression : Expression.values()) {
      Object[] row = new Object[Expression.COUNT + 1];
      row[0] = expression.label();
      for (int prediction = 0; prediction < Expression.COUNT; prediction++) {
        row[prediction + 1] = scores.expr().confusion().get(expression.ordinal()).get(prediction);
      }
      table.row(row);
    }
    return table.toString();
  }

  private String actionUnits() {
    AuScores au = scores.au();
    TextTable table = new TextTable().row("", "F1", "precision", "recall", "positive", "labelled");
    for (ActionUnit unit : ActionUnit.values()) {
      int i = unit.ordinal();
      table.row(unit, number(au.f1().get(i)), number(au.precision().get(i)), number(au.recall().get(i)),
          au.support().get(i), au.labelled().get(i));
    }
    return table.toString();
  }

  private static String thresholds(ThresholdTuning tuning) {
    List<Double> cross = tuning.f1CrossValidated();
    TextTable table = new TextTable().row("", "logit above", "F1 at 0", "F1 tuned", "F1 cross-validated");
    for (ActionUnit unit : ActionUnit.values()) {
      int i = unit.ordinal();
      table.row(unit, number(tuning.thresholds().logits().get(i).doubleValue()), number(tuning.f1AtZero().get(i)),
          number(tuning.f1Tuned().get(i)), number(cross == null ? null : cross.get(i)));
    }
    table.row("mean", "", number(tuning.meanF1AtZero()), number(tuning.meanF1Tuned()),
        number(tuning.meanF1CrossValidated()));
    return table
        + "(tuned: on the rows the thresholds were chosen on; cross-validated: on videos they have not seen)\n";
  }

  private static String number(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
  }
}
