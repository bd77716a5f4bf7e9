package io.github.affect4j.fusion;

import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Headers and fields of the single-task challenges of ABAW3, 5 and 6. */
final class VideoFormat {
  private static final String LISTING = "image_location";

  private VideoFormat() {}

  /** The names in the header of a per-video file. */
  static List<String> columns(Task task) {
    return switch (task) {
      case VA -> List.of("valence", "arousal");
      case EXPR -> Arrays.stream(Expression.values()).map(Expression::label).toList();
      case AU -> Arrays.stream(ActionUnit.values()).map(Enum::name).toList();
    };
  }

  /** The task whose per-video files start with this line; {@code null} if none does. */
  static Task taskOf(String headerLine) {
    String header = normalised(headerLine);
    return Arrays.stream(Task.values())
        .filter(task -> header.equals(normalised(String.join(",", columns(task)))))
        .findFirst()
        .orElse(null);
  }

  /** The first line of a file that lists predicted images of many videos. */
  static String listingHeader(Task task) {
    return LISTING + "," + String.join(",", columns(task));
  }

  /** True if a file that starts with this line lists images of many videos. */
  static boolean startsListing(String headerLine) {
    return normalised(headerLine).startsWith(LISTING);
  }

  /** Number of values of a frame: the expression is one number, though its header has 8 names. */
  static int fields(Task task) {
    return task == Task.EXPR ? 1 : columns(task).size();
  }

  /** The labels of a frame, in the official coding with its markers of missing ones. */
  static double[] readLabels(Task task, TextRows row) {
    double[] labels = new double[fields(task)];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = switch (task) {
        case VA -> affect(row, columns(task).get(i));
        case EXPR -> row.integer("the expression", LabelSet.INVALID, Expression.COUNT - 1);
        case AU -> row.integer(columns(task).get(i), LabelSet.INVALID, 1);
      };
    }
    return labels;
  }

  private static double affect(TextRows row, String name) {
    double value = row.number(name);
    if (Math.abs(value) <= 1 || value == LabelSet.INVALID_VA) {
      return value;
    }
    throw row.error("expected " + name + " in [-1, 1], or -5 for no label, got " + value);
  }

  /** True if the frame can be scored. */
  static boolean isLabelled(Task task, double[] labels) {
    return switch (task) {
      case VA -> labels[0] != LabelSet.INVALID_VA && labels[1] != LabelSet.INVALID_VA;
      case EXPR -> labels[0] != LabelSet.INVALID;
      case AU -> Arrays.stream(labels).anyMatch(label -> label != LabelSet.INVALID);
    };
  }

  /** Label columns of one task; those of the other tasks are marked missing. */
  static LabelSet labelSet(Task task, List<String> images, List<double[]> labels) {
    int rows = images.size();
    double[] valence = new double[rows];
    double[] arousal = new double[rows];
    byte[] expression = new byte[rows];
    byte[] units = new byte[rows * ActionUnit.COUNT];
    Arrays.fill(valence, LabelSet.INVALID_VA);
    Arrays.fill(arousal, LabelSet.INVALID_VA);
    Arrays.fill(expression, LabelSet.INVALID);
    Arrays.fill(units, LabelSet.INVALID);
    for (int row = 0; row < rows; row++) {
      double[] values = labels.get(row);
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
    return new LabelSet(images, valence, arousal, expression, units);
  }

  private static String normalised(String header) {
    return header.replace(" ", "").toLowerCase(Locale.ROOT);
  }
}
