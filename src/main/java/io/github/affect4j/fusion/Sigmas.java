package io.github.affect4j.fusion;

import io.github.affect4j.task.Task;
import java.util.StringJoiner;

/**
 * Width sigma of the Gaussian that smooths each task, in frames; 0 changes nothing.
 *
 * @param va in [0, {@value #LARGEST}], or {@code null} to leave the task as it is
 * @param expr likewise
 * @param au likewise
 */
public record Sigmas(Double va, Double expr, Double au) {

  /** Half a minute of video. Beyond it a mean says nothing of its frame, and takes as long as the video squared. */
  public static final double LARGEST = 1000;

  /** No task is smoothed. */
  public static final Sigmas NONE = new Sigmas(null, null, null);

  /**
   * @throws IllegalArgumentException if a sigma is outside [0, {@value #LARGEST}]
   */
  public Sigmas {
    for (Double sigma : new Double[] {va, expr, au}) {
      if (sigma != null && !(sigma >= 0 && sigma <= LARGEST)) {
        throw new IllegalArgumentException("expected a sigma in [0, " + LARGEST + "] frames, got " + sigma);
      }
    }
  }

  /** The same for all tasks. */
  static Sigmas same(double sigma) {
    return new Sigmas(sigma, sigma, sigma);
  }

  /** Sigma of this task, or {@code null}. */
  public Double of(Task task) {
    return switch (task) {
      case VA -> va;
      case EXPR -> expr;
      case AU -> au;
    };
  }

  /** The tasks to smooth, such as {@code va 8, au 2.5}. */
  String toText() {
    StringJoiner tasks = new StringJoiner(", ");
    for (Task task : Task.values()) {
      if (of(task) != null) {
        tasks.add(task.label() + " " + FusionText.sigma(of(task)));
      }
    }
    return tasks.toString();
  }
}
