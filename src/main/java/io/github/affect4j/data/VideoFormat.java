package io.github.affect4j.data;

import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Headers and fields of the single-task challenges of ABAW3, 5, 6 and 8. */
public final class VideoFormat {
  private static final String LISTING = "image_location";

  private static final List<String> AFFECT = List.of("valence", "arousal");
  private static final List<String> EXPRESSIONS = Arrays.stream(Expression.values()).map(Expression::label).toList();
  private static final List<String> UNITS = Arrays.stream(ActionUnit.values()).map(Enum::name).toList();

  private VideoFormat() {}

  /** The names in the header of a per-video file. */
  public static List<String> columns(Task task) {
    return switch (task) {
      case VA -> AFFECT;
      case EXPR -> EXPRESSIONS;
      case AU -> UNITS;
    };
  }

  /** The task whose per-video files start with this line; {@code null} if none does. */
  public static Task taskOf(String headerLine) {
    String header = normalised(headerLine);
    return Arrays.stream(Task.values())
        .filter(task -> header.equals(normalised(String.join(",", columns(task)))))
        .findFirst()
        .orElse(null);
  }

  /**
   * Moves to the header of a per-video file and tells its task.
   *
   * @throws io.github.affect4j.io.InputException if the first line is no such header
   */
  public static Task taskOf(TextRows rows) {
    Task task = rows.advance() ? taskOf(rows.wholeLine()) : null;
    if (task == null) {
      throw rows.headerError("expected the header of a per-video file of ABAW3, 5, 6 or 8: 'valence,arousal', "
          + "'Neutral,Anger,…' or 'AU1,AU2,…'");
    }
    return task;
  }

  /** The first line of a file that lists predicted images of many videos. */
  public static String listingHeader(Task task) {
    return LISTING + "," + String.join(",", columns(task));
  }

  /** True if a file that starts with this line lists images of many videos. */
  public static boolean startsListing(String headerLine) {
    return normalised(headerLine).startsWith(LISTING);
  }

  /** Number of values of a frame: the expression is one number, though its header has 8 names. */
  public static int fields(Task task) {
    return task == Task.EXPR ? 1 : columns(task).size();
  }

  /** The labels of a frame, in the official coding with its markers of missing ones. */
  static double[] readLabels(Task task, TextRows row) {
    double[] labels = new double[fields(task)];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = switch (task) {
        case VA -> LabelFields.affect(row, AFFECT.get(i));
        case EXPR -> LabelFields.expression(row);
        case AU -> LabelFields.actionUnit(row, i);
      };
    }
    return labels;
  }

  /** True if the frame can be scored. */
  public static boolean isLabelled(Task task, double[] labels) {
    return switch (task) {
      case VA -> labels[0] != LabelSet.INVALID_VA && labels[1] != LabelSet.INVALID_VA;
      case EXPR -> labels[0] != LabelSet.INVALID;
      case AU -> Arrays.stream(labels).anyMatch(label -> label != LabelSet.INVALID);
    };
  }

  /**
   * Label columns of some rows.
   *
   * @param images their paths
   * @param labels of some tasks the labels of the first rows; all others are marked missing
   */
  public static LabelSet labelSet(List<String> images, Map<Task, List<double[]>> labels) {
    int rows = images.size();
    double[] valence = new double[rows];
    double[] arousal = new double[rows];
    byte[] expression = new byte[rows];
    byte[] units = new byte[rows * ActionUnit.COUNT];
    Arrays.fill(valence, LabelSet.INVALID_VA);
    Arrays.fill(arousal, LabelSet.INVALID_VA);
    Arrays.fill(expression, LabelSet.INVALID);
    Arrays.fill(units, LabelSet.INVALID);
    labels.forEach((task, frames) -> {
      for (int row = 0; row < frames.size(); row++) {
        double[] values = frames.get(row);
        switch (task) {
          case VA -> {
            valence[row] = values[0];
            arousal[row] = values[1];
          }
          case EXPR -> expression[row] = (byte) values[0];
          case AU -> {
            for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
              units[row * ActionUnit.COUNT + unit] = (byte) values[unit];
            }
          }
        }
      }
    });
    return new LabelSet(images, valence, arousal, expression, units);
  }

  private static String normalised(String header) {
    return header.replace(" ", "").toLowerCase(Locale.ROOT);
  }
}
