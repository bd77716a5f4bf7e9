package io.github.affect4j.fusion;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Task;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Logits of n rows, as the heads gave them: valence and arousal before tanh, expressions before
 * softmax, action units before the sigmoid. Rows are identified by position.
 *
 * @param images n image paths, {@code <video>/<00001>.jpg}
 * @param tasks the heads that the model has
 * @param logits n x {@value Task#ALL_OUTPUTS} values row by row in the column order of {@link
 *     Task}; what stands in the columns of a head that is absent has no meaning
 */
public record RawPredictions(List<String> images, Set<Task> tasks, float[] logits) {

  /**
   * @throws IllegalArgumentException if the number of logits does not fit the rows
   * @throws InputException if a logit of a head is not finite
   */
  public RawPredictions {
    images = List.copyOf(images);
    tasks = Collections.unmodifiableSet(EnumSet.copyOf(tasks)); // in the order of the columns
    if (logits.length != images.size() * Task.ALL_OUTPUTS) {
      throw new IllegalArgumentException(logits.length + " logits for " + images.size() + " images");
    }
    for (Task task : tasks) {
      requireFinite(images, logits, task);
    }
  }

  /** Predictions of all three heads. */
  public RawPredictions(List<String> images, float[] logits) {
    this(images, EnumSet.allOf(Task.class), logits);
  }

  /** Number of rows. */
  public int size() {
    return images.size();
  }

  /** One logit of a head that is there. */
  public float logit(int row, int column) {
    return logits[row * Task.ALL_OUTPUTS + column];
  }

  /** A row's logits of one task, in double precision. */
  double[] logits(int row, Task task) {
    double[] of = new double[task.outputs()];
    for (int output = 0; output < of.length; output++) {
      of[output] = logit(row, task.firstColumn() + output);
    }
    return of;
  }

  /** Writes a row's logits of one task into n x {@value Task#ALL_OUTPUTS} logits. */
  static void put(double[] of, Task task, int row, float[] logits) {
    for (int output = 0; output < of.length; output++) {
      logits[row * Task.ALL_OUTPUTS + task.firstColumn() + output] = (float) of[output];
    }
  }

  /** True if the head of this task is there. */
  public boolean has(Task task) {
    return tasks.contains(task);
  }

  /** The n x 12 logits of the action units row by row; the head must be there. */
  public float[] actionUnitLogits() {
    float[] units = new float[size() * ActionUnit.COUNT];
    for (int row = 0; row < size(); row++) {
      int from = row * Task.ALL_OUTPUTS + Task.AU.firstColumn();
      System.arraycopy(logits, from, units, row * ActionUnit.COUNT, ActionUnit.COUNT);
    }
    return units;
  }

  /**
   * What the challenge asks for: tanh of the valence and arousal logits, the arg max of the
   * expression logits (the first on a tie), and 1 for action units whose logit is above 0.
   */
  public Predictions decode() {
    return decode(AuThresholds.ZERO);
  }

  /** As {@link #decode()}, with other thresholds on the logits of the action units. */
  public Predictions decode(AuThresholds thresholds) {
    return new Predictions(
        images, tasks, tanhColumn(0), tanhColumn(1), expressions(), actionUnits(thresholds));
  }

  private double[] tanhColumn(int offset) {
    double[] column = new double[has(Task.VA) ? size() : 0];
    for (int row = 0; row < column.length; row++) {
      column[row] = Math.tanh(logit(row, Task.VA.firstColumn() + offset));
    }
    return column;
  }

  private byte[] expressions() {
    byte[] column = new byte[has(Task.EXPR) ? size() : 0];
    for (int row = 0; row < column.length; row++) {
      for (int label = 1; label < Task.EXPR.outputs(); label++) {
        int first = Task.EXPR.firstColumn();
        if (logit(row, first + label) > logit(row, first + column[row])) {
          column[row] = (byte) label;
        }
      }
    }
    return column;
  }

  private byte[] actionUnits(AuThresholds thresholds) {
    byte[] units = new byte[has(Task.AU) ? size() * ActionUnit.COUNT : 0];
    for (int i = 0; i < units.length; i++) {
      int unit = i % ActionUnit.COUNT;
      float logit = logit(i / ActionUnit.COUNT, Task.AU.firstColumn() + unit);
      units[i] = (byte) (thresholds.isAbove(unit, logit) ? 1 : 0);
    }
    return units;
  }

  private static void requireFinite(List<String> images, float[] logits, Task task) {
    for (int row = 0; row < images.size(); row++) {
      for (int output = 0; output < task.outputs(); output++) {
        float logit = logits[row * Task.ALL_OUTPUTS + task.firstColumn() + output];
        if (!Float.isFinite(logit)) {
          throw new InputException(
              "the " + task.label() + " logits of row " + row + " (" + images.get(row)
                  + ") are not finite numbers: the model that gave them is damaged or its training diverged; predict"
                  + " with another one");
        }
      }
    }
  }
}
