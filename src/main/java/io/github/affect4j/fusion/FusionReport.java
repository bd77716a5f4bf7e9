package io.github.affect4j.fusion;

import io.github.affect4j.task.Task;
import java.util.StringJoiner;

/**
 * What {@code affect4j fuse} did.
 *
 * @param rows rows fused
 * @param lambda the weights used
 * @param space where the mean was taken
 * @param thresholds file of the thresholds that decided the action units, or {@code null} for 0
 * @param out raw prediction file written, or {@code null}
 * @param submission official submission written, or {@code null}
 * @param comparison scores of the models and their fusion, or {@code null} without annotations
 * @param sweep scores over lambda, or {@code null} if not asked for
 */
public record FusionReport(
    int rows,
    FusionWeights lambda,
    String space,
    String thresholds,
    String out,
    String submission,
    FusionComparison comparison,
    FusionSweep sweep) {

  /** Aligned tables for people. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    text.append("fused ").append(rows).append(" rows on ").append(space).append(": lambda ")
        .append(weights(lambda)).append('\n');
    if (out != null) {
      text.append("raw predictions: ").append(out).append('\n');
    }
    if (submission != null) {
      text.append("submission: ").append(submission).append('\n');
    }
    if (comparison != null) {
      text.append('\n').append(comparison.toTable());
      if (thresholds != null) {
        text.append("(action units decided by ").append(thresholds)
            .append(": an upper estimate if it was tuned on these rows)\n");
      }
    }
    if (sweep != null) {
      text.append('\n').append(sweep.toTable());
      text.append("\nbest here: lambda ").append(weights(sweep.best())).append(", P ")
          .append(FusionText.number(sweep.atBest().p()))
          .append(" (chosen on the rows it is scored on: an upper estimate)\n");
    }
    return text.toString();
  }

  private static String weights(FusionWeights weights) {
    StringJoiner joiner = new StringJoiner(", ");
    for (Task task : Task.values()) {
      joiner.add(task.label() + " " + FusionText.lambda(weights.of(task)));
    }
    return joiner.toString();
  }
}
