package io.github.affect4j.task;

import java.util.Locale;

/**
 * One descriptor of a face, with the width of its linear predictor (paper, section 3.2).
 *
 * <p>The declaration order is the order of the official annotation fields and of the columns of a
 * logits row: valence, arousal, 8 expressions, 12 action units.
 */
public enum Task {
  /** Valence and arousal, each in [-1, 1]; the head's two outputs pass through tanh. */
  VA(0, 2),
  /** One of the 8 classes of {@link Expression}; softmax over the head's outputs. */
  EXPR(2, 8),
  /** The 12 binary action units of {@link ActionUnit}; a sigmoid on each output. */
  AU(10, 12);

  /** Columns of a logits row that holds all three tasks. */
  public static final int ALL_OUTPUTS = 22;

  private final int firstColumn;
  private final int outputs;

  Task(int firstColumn, int outputs) {
    this.firstColumn = firstColumn;
    this.outputs = outputs;
  }

  /** First column of this task in a row of {@link #ALL_OUTPUTS} logits. */
  public int firstColumn() {
    return firstColumn;
  }

  /** Number of logits of this task. */
  public int outputs() {
    return outputs;
  }

  /** Bit of this task in the native layer's task mask. */
  public int bit() {
    return 1 << ordinal();
  }

  /** Lower-case name as used on the command line: {@code va}, {@code expr}, {@code au}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
