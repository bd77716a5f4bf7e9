package io.github.affect4j.eval;

import io.github.affect4j.task.LabelSet;

/**
 * The official metric of the ABAW multi-task challenge, in double precision: rows pooled over all
 * videos, population moments, fixed denominators 8 and 12, undefined scores 0, never NaN.
 */
public final class Evaluation {
  private Evaluation() {}

  /**
   * Scores predictions against the labels of the same rows.
   *
   * @throws IllegalArgumentException if the rows are not the same images in the same order
   */
  public static Scores evaluate(LabelSet labels, Predictions predictions, Protocol protocol) {
    requireSameRows(labels, predictions);
    Tally tally = new Tally(protocol, predictions.tasks());
    for (int row = 0; row < labels.size(); row++) {
      tally.add(labels, predictions, row);
    }
    return tally.scores();
  }

  static void requireSameRows(LabelSet labels, Predictions predictions) {
    if (labels.size() != predictions.size()) {
      throw new IllegalArgumentException(predictions.size() + " predictions for " + labels.size() + " labels");
    }
    for (int row = 0; row < labels.size(); row++) {
      if (!labels.images().get(row).equals(predictions.images().get(row))) {
        throw new IllegalArgumentException(
            "row " + row + ": prediction of " + predictions.images().get(row)
                + " for label of " + labels.images().get(row));
      }
    }
  }
}
