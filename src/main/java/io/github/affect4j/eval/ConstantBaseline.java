package io.github.affect4j.eval;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** What a predictor reaches that gives every row the same answer: the floor any model must pass. */
public final class ConstantBaseline {
  private ConstantBaseline() {}

  /** Scores of the best constant predictor on these labels, for all three tasks. */
  public static Scores best(LabelSet labels, Protocol protocol) {
    return best(labels, EnumSet.allOf(Task.class), protocol);
  }

  /**
   * Scores of the best constant predictor on these labels. The CCC of any constant is 0; an action
   * unit's F1 is best at "always 1"; only the expression has to be searched for.
   */
  public static Scores best(LabelSet labels, Set<Task> tasks, Protocol protocol) {
    Scores best = null;
    for (Expression expression : Expression.values()) {
      Scores scores = Evaluation.evaluate(labels, constant(labels, tasks, expression), protocol);
      if (best == null || scores.sum() > best.sum()) {
        best = scores;
      }
    }
    return best;
  }

  private static Predictions constant(LabelSet labels, Set<Task> tasks, Expression expression) {
    int rows = labels.size();
    byte[] expressions = new byte[tasks.contains(Task.EXPR) ? rows : 0];
    byte[] units = new byte[tasks.contains(Task.AU) ? rows * ActionUnit.COUNT : 0];
    Arrays.fill(expressions, (byte) expression.ordinal());
    Arrays.fill(units, (byte) 1);
    double[] va = new double[tasks.contains(Task.VA) ? rows : 0];
    return new Predictions(labels.images(), tasks, va, va, expressions, units);
  }
}
