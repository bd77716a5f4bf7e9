package io.github.affect4j.fusion;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;
import io.github.affect4j.task.LabelSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

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
  public record Step(double lambda, Summary scores) {}

  /** Sweeps. */
  public static FusionSweep of(
      FourModels models, FusionSpace space, AuThresholds thresholds, LabelSet labels, Protocol protocol) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i <= INTERVALS; i++) {
      double lambda = (double) i / INTERVALS;
      FusionWeights weights = FusionWeights.same(lambda);
      steps.add(new Step(lambda, FusionComparison.scores(models, weights, space, thresholds, labels, protocol)));
    }
    FusionWeights best =
        new FusionWeights(
            best(steps, Summary::meanCcc), best(steps, Summary::macroF1), best(steps, Summary::meanF1));
    return new FusionSweep(
        List.copyOf(steps), best, FusionComparison.scores(models, best, space, thresholds, labels, protocol));
  }

  private static double best(List<Step> steps, Function<Summary, Double> part) {
    Comparator<Step> byScore = Comparator.comparing(step -> part.apply(step.scores()));
    return steps.stream().max(byScore.thenComparing(Comparator.comparing(Step::lambda).reversed())).orElseThrow()
        .lambda();
  }

  /** One line a lambda; the best of each task is starred. */
  TextTable toTable() {
    TextTable table = new TextTable().row("lambda", "P", "mean CCC", "macro F1", "mean F1");
    for (Step step : steps) {
      table.row(
          FusionText.lambda(step.lambda()),
          FusionText.number(step.scores().p()) + " ",
          starred(step.scores().meanCcc(), step.lambda() == best.va()),
          starred(step.scores().macroF1(), step.lambda() == best.expr()),
          starred(step.scores().meanF1(), step.lambda() == best.au()));
    }
    return table;
  }

  private static String starred(Double score, boolean star) {
    return FusionText.number(score) + (star ? "*" : " ");
  }
}
