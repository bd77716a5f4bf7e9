package io.github.affect4j.fusion;

import io.github.affect4j.data.Annotations;
import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Scores;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.LabelSet;
import java.nio.file.Path;

/**
 * How predictions that are compared are scored, all alike.
 *
 * @param labels labels of their rows
 * @param thresholds decide their action units
 * @param protocol which rows are scored
 */
public record Scoring(LabelSet labels, AuThresholds thresholds, Protocol protocol) {

  /**
   * Reads the annotations of the rows of some predictions.
   *
   * @throws InputException if they are not the same rows, or none has a label of the predicted tasks
   */
  static Scoring read(
      Path annotations, Path file, RawPredictions predictions, AuThresholds thresholds, Protocol protocol) {
    LabelSet labels = Annotations.read(annotations);
    RowOrder.requireSame(file, predictions.images(), annotations, labels.images());
    Scoring scoring = new Scoring(labels, thresholds, protocol);
    if (scoring.scores(predictions).scoredRows() == 0) {
      throw EvaluationJob.nothingToScore(annotations, protocol);
    }
    return scoring;
  }

  /** Of all their tasks. */
  public Scores scores(RawPredictions predictions) {
    return Evaluation.evaluate(labels, predictions.decode(thresholds), protocol);
  }
}
