package io.github.affect4j.eval;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.Task;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Decoded predictions of n rows in columns. Rows are identified by position: the official lists
 * contain duplicates. Columns of tasks that are not predicted are empty.
 *
 * @param images n image paths, {@code <video>/<00001>.jpg}
 * @param tasks the tasks predicted
 * @param valence n values, by definition in [-1, 1], at most {@link #LARGEST_AFFECT} in size
 * @param arousal n values, likewise
 * @param expression n classes 0..7
 * @param actionUnits n x 12 values 0 or 1 row by row
 */
public record Predictions(
    List<String> images,
    Set<Task> tasks,
    double[] valence,
    double[] arousal,
    byte[] expression,
    byte[] actionUnits) {

  /** Beyond it a valence or arousal is a mistake; below it no sum of squares overflows, so no CCC is NaN. */
  public static final double LARGEST_AFFECT = 1e6;

  /**
   * @throws IllegalArgumentException if a column's length does not fit the rows and tasks, or a
   *     value cannot be a prediction
   */
  public Predictions {
    images = List.copyOf(images);
    EnumSet<Task> predicted = EnumSet.noneOf(Task.class);
    predicted.addAll(tasks);
    tasks = Collections.unmodifiableSet(predicted);
    int rows = images.size();
    requireLength("valence", valence.length, tasks.contains(Task.VA) ? rows : 0);
    requireLength("arousal", arousal.length, tasks.contains(Task.VA) ? rows : 0);
    requireLength("expression", expression.length, tasks.contains(Task.EXPR) ? rows : 0);
    requireLength("action unit", actionUnits.length, tasks.contains(Task.AU) ? rows * ActionUnit.COUNT : 0);
    requireAffect(valence);
    requireAffect(arousal);
    requireClasses(expression, Expression.COUNT);
    requireClasses(actionUnits, 2);
  }

  /** Number of rows. */
  public int size() {
    return images.size();
  }

  /** Prediction of one action unit: 1 or 0. */
  public byte actionUnit(int row, int unit) {
    return actionUnits[row * ActionUnit.COUNT + unit];
  }

  private static void requireLength(String column, int length, int expected) {
    if (length != expected) {
      throw new IllegalArgumentException("expected " + expected + " " + column + " values, got " + length);
    }
  }

  private static void requireAffect(double[] values) {
    for (double value : values) {
      if (!(Math.abs(value) <= LARGEST_AFFECT)) {
        throw new IllegalArgumentException("a prediction is " + value);
      }
    }
  }

  private static void requireClasses(byte[] values, int classes) {
    for (byte value : values) {
      if (value < 0 || value >= classes) {
        throw new IllegalArgumentException("expected a class 0.." + (classes - 1) + ", got " + value);
      }
    }
  }
}
