package io.github.affect4j.fusion;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.ConstantBaseline;
import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Scores;
import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;
import io.github.affect4j.task.LabelSet;

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

  /** Scores the four models beside their fusion, on the rows of its scores and by the thresholds it was decided by. */
  public static FusionComparison of(FourModels models, Scores fused, AuThresholds thresholds, LabelSet labels) {
    Protocol protocol = fused.protocol();
    return new FusionComparison(
        protocol,
        ConstantBaseline.best(labels, protocol).summary(),
        scores(models, FusionWeights.same(1), FusionSpace.LOGITS, thresholds, labels, protocol),
        scores(models, FusionWeights.same(0), FusionSpace.LOGITS, thresholds, labels, protocol),
        fused.summary());
  }

  static Summary scores(
      FourModels models,
      FusionWeights weights,
      FusionSpace space,
      AuThresholds thresholds,
      LabelSet labels,
      Protocol protocol) {
    RawPredictions fused = LateFusion.fuse(models, weights, space);
    return Evaluation.evaluate(labels, fused.decode(thresholds), protocol).summary();
  }

  /** One line a model. */
  public TextTable toTable() {
    TextTable table = new TextTable().row("protocol " + protocol.label(), "P", "mean CCC", "macro F1", "mean F1");
    FusionText.row(table, "best constant predictor", constantBaseline);
    FusionText.row(table, "single-task models", singleTask);
    FusionText.row(table, "multi-task model", multiTask);
    return FusionText.row(table, "fused", fused);
  }
}
