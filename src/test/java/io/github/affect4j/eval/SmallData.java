package io.github.affect4j.eval;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Random labels over a few videos, and predictions that are right about half of the time. */
public final class SmallData {
  private SmallData() {}

  /** So many videos of so many frames; every fifth label is missing if asked for. */
  public static LabelSet labels(int videos, int frames, boolean missing) {
    Random random = new Random(7);
    int rows = videos * frames;
    double[] valence = random.doubles(rows, -1, 1).toArray();
    double[] arousal = random.doubles(rows, -1, 1).toArray();
    byte[] expression = new byte[rows];
    byte[] units = new byte[rows * ActionUnit.COUNT];
    for (int row = 0; row < rows; row++) {
      expression[row] = (byte) random.nextInt(8);
      valence[row] = missing && row % 5 == 0 ? LabelSet.INVALID_VA : valence[row];
      expression[row] = missing && row % 5 == 1 ? LabelSet.INVALID : expression[row];
    }
    for (int i = 0; i < units.length; i++) {
      units[i] = (byte) (missing && i % 60 == 30 ? LabelSet.INVALID : random.nextInt(2));
    }
    return new LabelSet(images(videos, frames), valence, arousal, expression, units);
  }

  /** Predictions for these labels, all three tasks. */
  public static Predictions predictions(LabelSet labels) {
    Random random = new Random(8);
    int rows = labels.size();
    double[] valence = new double[rows];
    double[] arousal = new double[rows];
    byte[] expression = new byte[rows];
    byte[] units = new byte[rows * ActionUnit.COUNT];
    for (int row = 0; row < rows; row++) {
      valence[row] = Math.tanh(labels.valence()[row] + random.nextGaussian());
      arousal[row] = Math.tanh(labels.arousal()[row] + random.nextGaussian());
      boolean right = labels.hasExpression(row) && random.nextBoolean();
      expression[row] = right ? labels.expression()[row] : (byte) random.nextInt(8);
    }
    for (int i = 0; i < units.length; i++) {
      boolean right = labels.actionUnits()[i] >= 0 && random.nextBoolean();
      units[i] = right ? labels.actionUnits()[i] : (byte) random.nextInt(2);
    }
    return new Predictions(labels.images(), EnumSet.allOf(Task.class), valence, arousal, expression, units);
  }

  /** Row numbers in another order. */
  static int[] shuffled(int rows, Random random) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, rows).boxed().toList());
    Collections.shuffle(order, random);
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The same rows so many times. */
  static LabelSet repeated(LabelSet labels, int times) {
    return rows(labels, IntStream.range(0, labels.size() * times).map(row -> row % labels.size()).toArray());
  }

  static LabelSet rows(LabelSet labels, int[] rows) {
    return new LabelSet(
        IntStream.of(rows).mapToObj(labels.images()::get).toList(), doubles(labels.valence(), rows),
        doubles(labels.arousal(), rows), bytes(labels.expression(), 1, rows),
        bytes(labels.actionUnits(), ActionUnit.COUNT, rows));
  }

  static Predictions rows(Predictions predictions, int[] rows) {
    return new Predictions(
        IntStream.of(rows).mapToObj(predictions.images()::get).toList(), predictions.tasks(),
        doubles(predictions.valence(), rows), doubles(predictions.arousal(), rows),
        bytes(predictions.expression(), 1, rows), bytes(predictions.actionUnits(), ActionUnit.COUNT, rows));
  }

  private static double[] doubles(double[] column, int[] rows) {
    return IntStream.of(rows).mapToDouble(row -> column[row]).toArray();
  }

  private static byte[] bytes(byte[] column, int width, int[] rows) {
    byte[] of = new byte[rows.length * width];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(column, rows[row] * width, of, row * width, width);
    }
    return of;
  }

  private static List<String> images(int videos, int frames) {
    List<String> images = new ArrayList<>();
    for (int video = 0; video < videos; video++) {
      for (int frame = 1; frame <= frames; frame++) {
        images.add("video%d/%05d.jpg".formatted(video, frame));
      }
    }
    return images;
  }
}
