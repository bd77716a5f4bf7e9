package io.github.affect4j.fusion;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.EvaluationReport;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.ThresholdTuning;
import io.github.affect4j.io.InputException;
import java.nio.file.Path;

/**
 * What {@code affect4j evaluate} is asked to do.
 *
 * @param predictions file or folder in any form that {@link EvaluationInput} knows
 * @param annotations labels of the same rows
 * @param protocol which labelled rows are scored
 * @param resamples bootstrap resamples; 0 for no intervals
 * @param seed seed of the bootstrap
 * @param thresholds thresholds of the action units to decide by, or {@code null} for 0
 * @param tunedThresholds where to write the best thresholds, or {@code null} to choose none
 */
public record EvaluationJob(
    Path predictions,
    Path annotations,
    Protocol protocol,
    int resamples,
    long seed,
    Path thresholds,
    Path tunedThresholds) {

  /**
   * Reads, checks and scores.
   *
   * @throws io.github.affect4j.io.InputException if an input file is not what it should be
   */
  public EvaluationReport run() {
    EvaluationInput input = EvaluationInput.read(predictions, annotations);
    if (thresholds != null) {
      input = input.withThresholds(AuThresholds.read(thresholds));
    }
    ThresholdTuning tuning = tunedThresholds == null
        ? null
        : ThresholdTuning.of(input.labels(), input.rawActionUnits().actionUnitLogits());
    EvaluationReport report =
        EvaluationReport.of(input.labels(), input.predictions(), protocol, resamples, seed, input.notes());
    if (report.scores().scoredRows() == 0) {
      throw nothingToScore(annotations, protocol);
    }
    if (tuning == null) {
      return report;
    }
    tuning.thresholds().write(tunedThresholds);
    return report.with(tuning);
  }

  static InputException nothingToScore(Path annotations, Protocol protocol) {
    return InputException.in(annotations, protocol == Protocol.ALL
        ? "no row is labelled for all three tasks, so there is nothing to score; use --protocol each"
        : "no row has a label of the tasks that are predicted, so there is nothing to score");
  }
}
