package io.github.affect4j.fusion;

import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;
import io.github.affect4j.task.Task;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores of late fusion over lambda = 0, 0.05 .. 1 on labelled rows. The best lambdas are chosen on
 * the rows they are scored on, so their result is an upper estimate.
 *
 * @param steps one entry a lambda, rising
 * @param best the lambda of the highest score of each task; on a tie the smallest
 * @param atBest the scores with these lambdas
 */
public record FusionSweep(List<Step> steps, FusionWeights best, Summary atBest) {
  private static final int INTERVALS = 20;

  /**
   * Scores with the same lambda for all tasks.
   *
   * @param lambda weight of the single-task predictions
   * @param scores P and its parts
   */
  public record Step(double lambda, Summary scores) implements SweepStep {
    @Override
    public double value() {
      return lambda;
    }
  }

  /** Sweeps. */
  static FusionSweep of(FourModels models, MeanSpace space, Scoring scoring) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i <= INTERVALS; i++) {
      double lambda = (double) i / INTERVALS;
      steps.add(new Step(lambda, scoring.scores(LateFusion.fuse(models, FusionWeights.same(lambda), space)).summary()));
    }
    FusionWeights best =
        new FusionWeights(
            SweepStep.best(steps, Task.VA), SweepStep.best(steps, Task.EXPR), SweepStep.best(steps, Task.AU));
    return new FusionSweep(List.copyOf(steps), best, scoring.scores(LateFusion.fuse(models, best, space)).summary());
  }

  /** One line a lambda; the best of each task is starred. */
  TextTable toTable() {
    return SweepStep.table("lambda", steps, FusionText::lambda, best::of);
  }
}
