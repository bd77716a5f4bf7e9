package io.github.affect4j.eval;

import io.github.affect4j.task.Task;

/**
 * One row of a results table.
 *
 * @param p the sum of the parts; {@code null} unless all three are there
 * @param meanCcc part of valence-arousal, or {@code null}
 * @param macroF1 part of expressions, or {@code null}
 * @param meanF1 part of action units, or {@code null}
 */
public record Summary(Double p, Double meanCcc, Double macroF1, Double meanF1) {

  /** This task's part of P; {@code null} if the task is not predicted. */
  public Double part(Task task) {
    return switch (task) {
      case VA -> meanCcc;
      case EXPR -> macroF1;
      case AU -> meanF1;
    };
  }
}
