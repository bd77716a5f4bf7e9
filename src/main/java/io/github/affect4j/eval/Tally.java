package io.github.affect4j.eval;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** Sufficient statistics of the metric: tallies of disjoint rows add up to the tally of all rows. */
final class Tally {
  private static final int POSITIVE = 1;

  private final Protocol protocol;
  private final Set<Task> tasks;
  private final Concordance valence = new Concordance();
  private final Concordance arousal = new Concordance();
  private final ConfusionMatrix expression = new ConfusionMatrix(Expression.COUNT);
  private final List<ConfusionMatrix> units = new ArrayList<>();
  private int rows;
  private long unitRows;

  Tally(Protocol protocol, Set<Task> tasks) {
    this.protocol = protocol;
    this.tasks = tasks;
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      units.add(new ConfusionMatrix(2));
    }
  }

  void add(LabelSet labels, Predictions predictions, int row) {
    rows++;
    if (protocol == Protocol.ALL && !labels.isComplete(row)) {
      return;
    }
    if (tasks.contains(Task.VA) && labels.hasVa(row)) {
      valence.add(predictions.valence()[row], labels.valence()[row]);
      arousal.add(predictions.arousal()[row], labels.arousal()[row]);
    }
    if (tasks.contains(Task.EXPR) && labels.hasExpression(row)) {
      expression.add(labels.expression()[row], predictions.expression()[row]);
    }
    if (tasks.contains(Task.AU) && labels.hasAnyActionUnit(row)) {
      addUnits(labels, predictions, row);
    }
  }

  private void addUnits(LabelSet labels, Predictions predictions, int row) {
    unitRows++;
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      if (labels.actionUnit(row, unit) != LabelSet.INVALID) {
        units.get(unit).add(labels.actionUnit(row, unit), predictions.actionUnit(row, unit));
      }
    }
  }

  void add(Tally other) {
    rows += other.rows;
    unitRows += other.unitRows;
    valence.add(other.valence);
    arousal.add(other.arousal);
    expression.add(other.expression);
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      units.get(unit).add(other.units.get(unit));
    }
  }

  Scores scores() {
    VaScores va = tasks.contains(Task.VA) ? vaScores() : null;
    ExprScores expr = tasks.contains(Task.EXPR) ? exprScores() : null;
    AuScores au = tasks.contains(Task.AU) ? auScores() : null;
    boolean complete = va != null && expr != null && au != null;
    Double p = complete ? Double.valueOf(va.meanCcc() + expr.macroF1() + au.meanF1()) : null;
    return new Scores(protocol, rows, p, va, expr, au);
  }

  private VaScores vaScores() {
    double mean = (valence.ccc() + arousal.ccc()) / 2;
    return new VaScores(valence.count(), mean, valence.ccc(), arousal.ccc());
  }

  private ExprScores exprScores() {
    List<Integer> classes = IntStream.range(0, Expression.COUNT).boxed().toList();
    return new ExprScores(
        expression.total(),
        expression.macroF1(),
        expression.accuracy(),
        classes.stream().map(expression::f1).toList(),
        classes.stream().map(expression::precision).toList(),
        classes.stream().map(expression::recall).toList(),
        classes.stream().map(expression::support).toList(),
        expression.rows());
  }

  private AuScores auScores() {
    List<Double> f1 = ofUnits(unit -> unit.f1(POSITIVE));
    return new AuScores(
        unitRows,
        f1.stream().mapToDouble(Double::doubleValue).sum() / ActionUnit.COUNT,
        f1,
        ofUnits(unit -> unit.precision(POSITIVE)),
        ofUnits(unit -> unit.recall(POSITIVE)),
        countsOfUnits(unit -> unit.support(POSITIVE)),
        countsOfUnits(ConfusionMatrix::total));
  }

  private List<Double> ofUnits(ToDoubleFunction<ConfusionMatrix> score) {
    return units.stream().mapToDouble(score).boxed().toList();
  }

  private List<Long> countsOfUnits(ToLongFunction<ConfusionMatrix> count) {
    return units.stream().mapToLong(count).boxed().toList();
  }
}
