package io.github.affect4j.fusion;

import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;
import io.github.affect4j.task.Task;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores of temporal smoothing over several sigmas on labelled rows. The best are chosen on the rows they are
 * scored on, so their result is an upper estimate.
 *
 * @param steps one entry a sigma, rising
 * @param best the sigma of the highest score of each predicted task; on a tie the smallest
 * @param atBest the scores with these sigmas
 */
public record SmoothingSweep(List<Step> steps, Sigmas best, Summary atBest) {
  private static final double[] GRID = {0, 1, 2, 4, 8, 16, 32, 64};

  /**
   * Scores with the same sigma for all tasks.
   *
   * @param sigma in frames
   * @param scores P and its parts
   */
  public record Step(double sigma, Summary scores) implements SweepStep {
    @Override
    public double value() {
      return sigma;
    }
  }

  /** Sweeps. */
  static SmoothingSweep of(TemporalSmoothing smoothing, Scoring scoring) {
    List<Step> steps = new ArrayList<>();
    for (double sigma : GRID) {
      steps.add(new Step(sigma, scoring.scores(smoothing.smooth(Sigmas.same(sigma))).summary()));
    }
    Sigmas best =
        new Sigmas(SweepStep.best(steps, Task.VA), SweepStep.best(steps, Task.EXPR), SweepStep.best(steps, Task.AU));
    return new SmoothingSweep(List.copyOf(steps), best, scoring.scores(smoothing.smooth(best)).summary());
  }

  /** One line a sigma; the best of each task is starred. */
  TextTable toTable() {
    return SweepStep.table("sigma", steps, FusionText::sigma, best::of);
  }
}
