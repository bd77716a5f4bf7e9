package io.github.affect4j.fusion;

import io.github.affect4j.eval.ConstantBaseline;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;

/**
 * The paper's Tables 1 and 2 and the fused result, on labelled rows.
 *
 * @param protocol which rows are scored
 * @param constantBaseline the best constant predictor
 * @param singleTask the three single-task models (lambda 1)
 * @param multiTask the multi-task model (lambda 0)
 * @param fused their fusion, as the submission has it
 */
public record FusionComparison(
    Protocol protocol, Summary constantBaseline, Summary singleTask, Summary multiTask, Summary fused) {

  /** Scores the four models beside their fusion. */
  public static FusionComparison of(FourModels models, RawPredictions fused, Scoring scoring) {
    return new FusionComparison(
        scoring.protocol(),
        ConstantBaseline.best(scoring.labels(), scoring.protocol()).summary(),
        alone(models, 1, scoring),
        alone(models, 0, scoring),
        scoring.scores(fused).summary());
  }

  private static Summary alone(FourModels models, double lambda, Scoring scoring) {
    return scoring.scores(LateFusion.fuse(models, FusionWeights.same(lambda), MeanSpace.LOGITS)).summary();
  }

  /** One line a model. */
  public TextTable toTable() {
    TextTable table = FusionText.header(protocol);
    FusionText.row(table, "best constant predictor", constantBaseline);
    FusionText.row(table, "single-task models", singleTask);
    FusionText.row(table, "multi-task model", multiTask);
    return FusionText.row(table, "fused", fused);
  }
}
