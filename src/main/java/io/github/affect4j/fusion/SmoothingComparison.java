package io.github.affect4j.fusion;

import io.github.affect4j.eval.ConstantBaseline;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;

/**
 * What smoothing changes, on labelled rows.
 *
 * @param protocol which rows are scored
 * @param constantBaseline the best constant predictor of the same tasks
 * @param unsmoothed the predictions as they were read
 * @param smoothed the smoothed predictions, or {@code null} if no task is smoothed
 */
public record SmoothingComparison(Protocol protocol, Summary constantBaseline, Summary unsmoothed, Summary smoothed) {

  static SmoothingComparison of(RawPredictions unsmoothed, RawPredictions smoothed, Scoring scoring) {
    return new SmoothingComparison(
        scoring.protocol(),
        ConstantBaseline.best(scoring.labels(), unsmoothed.tasks(), scoring.protocol()).summary(),
        scoring.scores(unsmoothed).summary(),
        smoothed == null ? null : scoring.scores(smoothed).summary());
  }

  TextTable toTable() {
    TextTable table = FusionText.header(protocol);
    FusionText.row(table, "best constant predictor", constantBaseline);
    FusionText.row(table, "unsmoothed", unsmoothed);
    return smoothed == null ? table : FusionText.row(table, "smoothed", smoothed);
  }
}
