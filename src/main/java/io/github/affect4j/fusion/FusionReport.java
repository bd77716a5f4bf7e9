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
    text.append(FusionText.written(out, submission));
    if (comparison != null) {
      text.append('\n').append(comparison.toTable()).append(FusionText.decided(thresholds));
    }
    if (sweep != null) {
      text.append('\n').append(sweep.toTable())
          .append(FusionText.best("lambda " + weights(sweep.best()), sweep.atBest()));
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
