package io.github.affect4j.eval;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.github.affect4j.task.LabelSet;
import java.util.List;

/**
 * All that {@code affect4j evaluate} tells. In JSON the scores are at the top level.
 *
 * @param scores P and its parts under the protocol asked for
 * @param bootstrap intervals of the same figures, or {@code null} if not asked for
 * @param otherProtocol the main figures under the other protocol, or {@code null} if it has no row
 * @param constantBaseline what the best constant predictor reaches, under the protocol asked for
 * @param thresholdTuning thresholds chosen on these rows, or {@code null} if not asked for
 * @param notes what the reader should know about the input
 */
public record EvaluationReport(
    @JsonUnwrapped Scores scores,
    ConfidenceIntervals bootstrap,
    Summary otherProtocol,
    Summary constantBaseline,
    ThresholdTuning thresholdTuning,
    List<String> notes) {

  /**
   * Evaluates.
   *
   * @param resamples bootstrap resamples; 0 for no intervals
   * @param seed seed of the bootstrap
   */
  public static EvaluationReport of(
      LabelSet labels, Predictions predictions, Protocol protocol, int resamples, long seed, List<String> notes) {
    Scores other =
        Evaluation.evaluate(labels, predictions, protocol == Protocol.EACH ? Protocol.ALL : Protocol.EACH);
    return new EvaluationReport(
        Evaluation.evaluate(labels, predictions, protocol),
        resamples == 0 ? null : Bootstrap.intervals(labels, predictions, protocol, resamples, seed),
        other.scoredRows() == 0 ? null : other.summary(),
        ConstantBaseline.best(labels, predictions.tasks(), protocol).summary(),
        null,
        List.copyOf(notes));
  }

  /** The same report with tuned thresholds. */
  public EvaluationReport with(ThresholdTuning tuning) {
    return new EvaluationReport(scores, bootstrap, otherProtocol, constantBaseline, tuning, notes);
  }

  /** Aligned tables for people. */
  public String toText() {
    return new EvaluationText(this).toString();
  }
}
