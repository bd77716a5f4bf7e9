package io.github.affect4j.task;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Labels of n rows in columns, in file order. Rows are identified by position, never by image path:
 * the official lists contain duplicates.
 *
 * @param images n image paths relative to the image root, {@code <video>/<00001>.jpg}
 * @param valence n values in [-1, 1], or {@link #INVALID_VA}
 * @param arousal n values in [-1, 1], or {@link #INVALID_VA}
 * @param expression n classes 0..7, or {@link #INVALID}
 * @param actionUnits n x 12 values 0 or 1 row by row, or {@link #INVALID}
 */
public record LabelSet(
    List<String> images, double[] valence, double[] arousal, byte[] expression, byte[] actionUnits) {

  /** Marks a missing valence or arousal. */
  public static final double INVALID_VA = -5;

  /** Marks a missing expression or action unit. */
  public static final byte INVALID = -1;

  private static final Pattern FRAME = Pattern.compile("([0-9]{1,9})(\\.[A-Za-z]+)?");

  public LabelSet {
    int rows = images.size();
    if (valence.length != rows
        || arousal.length != rows
        || expression.length != rows
        || actionUnits.length != rows * ActionUnit.COUNT) {
      throw new IllegalArgumentException("label columns differ in length from " + rows + " images");
    }
    images = List.copyOf(images);
  }

  /** The video of an image path: everything before its last slash; empty if it has none. */
  public static String video(String image) {
    return image.substring(0, Math.max(0, image.lastIndexOf('/')));
  }

  /** The frame number of an image path {@code <video>/<00001>.jpg}; -1 if its file name is no number. */
  public static int frame(String image) {
    Matcher name = FRAME.matcher(image.substring(image.lastIndexOf('/') + 1));
    return name.matches() ? Integer.parseInt(name.group(1)) : -1;
  }

  /** Number of rows. */
  public int size() {
    return images.size();
  }

  /** Label of one action unit: 1, 0 or {@link #INVALID}. */
  public byte actionUnit(int row, int unit) {
    return actionUnits[row * ActionUnit.COUNT + unit];
  }

  /** True if valence and arousal of this row are both labelled. */
  public boolean hasVa(int row) {
    return valence[row] != INVALID_VA && arousal[row] != INVALID_VA;
  }

  /** True if the expression of this row is labelled. */
  public boolean hasExpression(int row) {
    return expression[row] != INVALID;
  }

  /** How many of some rows are labelled with each of the 8 expressions. */
  public int[] expressionCounts(IntStream rows) {
    int[] counts = new int[Expression.COUNT];
    rows.filter(this::hasExpression).forEach(row -> counts[expression[row]]++);
    return counts;
  }

  /** True if at least one action unit of this row is labelled. */
  public boolean hasAnyActionUnit(int row) {
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      if (actionUnit(row, unit) != INVALID) {
        return true;
      }
    }
    return false;
  }

  private boolean hasAllActionUnits(int row) {
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      if (actionUnit(row, unit) == INVALID) {
        return false;
      }
    }
    return true;
  }

  /** True if the row has valence, arousal, an expression and all 12 action units. */
  public boolean isComplete(int row) {
    return hasAll(Task.VA, row) && hasAll(Task.EXPR, row) && hasAll(Task.AU, row);
  }

  /** True if the row can contribute to the task's loss. */
  public boolean has(Task task, int row) {
    return switch (task) {
      case VA -> hasVa(row);
      case EXPR -> hasExpression(row);
      case AU -> hasAnyActionUnit(row);
    };
  }

  /** True if the row lacks no label of the task. */
  public boolean hasAll(Task task, int row) {
    return task == Task.AU ? hasAllActionUnits(row) : has(task, row);
  }
}
