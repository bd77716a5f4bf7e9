package io.github.affect4j.fusion;

import io.github.affect4j.task.Task;

/**
 * Weight lambda of the single-task prediction for each task; the multi-task prediction gets 1 -
 * lambda.
 *
 * @param va in [0, 1]
 * @param expr in [0, 1]
 * @param au in [0, 1]
 */
public record FusionWeights(double va, double expr, double au) {

  /** The paper's weights (section 2). */
  public static final FusionWeights PAPER = new FusionWeights(0.4, 0.6, 0.6);

  /**
   * @throws IllegalArgumentException if a weight is outside [0, 1]
   */
  public FusionWeights {
    for (double weight : new double[] {va, expr, au}) {
      if (!(weight >= 0 && weight <= 1)) {
        throw new IllegalArgumentException("expected a fusion weight in [0, 1], got " + weight);
      }
    }
  }

  /** The same weight for all tasks. */
  public static FusionWeights same(double lambda) {
    return new FusionWeights(lambda, lambda, lambda);
  }

  /** Weight of the single-task prediction of this task. */
  public double of(Task task) {
    return switch (task) {
      case VA -> va;
      case EXPR -> expr;
      case AU -> au;
    };
  }
}
