package io.github.affect4j.eval;

import io.github.affect4j.task.Task;

/**
 * The challenge metric and its parts: P = mean CCC + macro F1 of 8 expressions + mean F1 of 12
 * action units (ABAW4, ABAW7 multi-task challenge).
 *
 * @param protocol which rows were scored
 * @param rows rows given, scored or not
 * @param p the sum of the three parts, in [-1, 3]; {@code null} unless all three tasks are predicted
 * @param va {@code null} if the task is not predicted
 * @param expr {@code null} if the task is not predicted
 * @param au {@code null} if the task is not predicted
 */
public record Scores(Protocol protocol, int rows, Double p, VaScores va, ExprScores expr, AuScores au) {

  /** This task's part of P; {@code null} if the task is not predicted. */
  public Double part(Task task) {
    return switch (task) {
      case VA -> va == null ? null : va.meanCcc();
      case EXPR -> expr == null ? null : expr.macroF1();
      case AU -> au == null ? null : au.meanF1();
    };
  }

  /** The sum of the parts that are there: P for all three tasks, the task's own score for one. */
  public double sum() {
    double sum = 0;
    for (Task task : Task.values()) {
      sum += part(task) == null ? 0 : part(task);
    }
    return sum;
  }

  /** Rows that any task was scored on. */
  public long scoredRows() {
    long vaRows = va == null ? 0 : va.rows();
    long exprRows = expr == null ? 0 : expr.rows();
    return Math.max(Math.max(vaRows, exprRows), au == null ? 0 : au.rows());
  }

  /** The four figures of a results table. */
  public Summary summary() {
    return new Summary(p, part(Task.VA), part(Task.EXPR), part(Task.AU));
  }
}
