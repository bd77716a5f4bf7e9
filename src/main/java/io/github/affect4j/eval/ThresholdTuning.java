package io.github.affect4j.eval;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Thresholds that maximise the F1 of each action unit on labelled rows. Chosen and scored on the
 * same rows they look better than they are; the cross-validated scores tell what to expect of them
 * on other videos.
 *
 * @param thresholds the best thresholds over all rows
 * @param f1AtZero 12 F1 with the official threshold 0
 * @param f1Tuned 12 F1 with the thresholds, on the rows they were chosen on
 * @param f1CrossValidated 12 F1 where each of 5 folds of videos is decided by thresholds of the
 *     others; {@code null} if there are fewer than 5 videos
 * @param meanF1AtZero mean of 12
 * @param meanF1Tuned mean of 12
 * @param meanF1CrossValidated mean of 12, or {@code null}
 */
public record ThresholdTuning(
    AuThresholds thresholds,
    List<Double> f1AtZero,
    List<Double> f1Tuned,
    List<Double> f1CrossValidated,
    double meanF1AtZero,
    double meanF1Tuned,
    Double meanF1CrossValidated) {
  private static final int FOLDS = 5;

  /**
   * Tunes.
   *
   * @param labels n rows; a unit's missing labels are left out
   * @param logits n x 12 action unit logits row by row
   */
  public static ThresholdTuning of(LabelSet labels, float[] logits) {
    if (logits.length != labels.size() * ActionUnit.COUNT) {
      throw new IllegalArgumentException(logits.length + " action unit logits for " + labels.size() + " rows");
    }
    AuThresholds tuned = tune(labels, logits, row -> true);
    List<Double> zeroF1 = f1(labels, logits, row -> AuThresholds.ZERO);
    List<Double> tunedF1 = f1(labels, logits, row -> tuned);
    List<Double> crossF1 = crossValidated(labels, logits);
    return new ThresholdTuning(
        tuned, zeroF1, tunedF1, crossF1, mean(zeroF1), mean(tunedF1), crossF1 == null ? null : mean(crossF1));
  }

  /**
   * The finite threshold with the highest F1 of {@code score > threshold}, halfway between two scores, or 1 below
   * all; 0 if no label is positive, so that nothing can be learned.
   *
   * @param scores one score a row, none NaN
   * @param labels 1 or 0 a row
   */
  static float best(float[] scores, byte[] labels) {
    int[] order = IntStream.range(0, scores.length).boxed()
        .sorted((a, b) -> Float.compare(scores[b], scores[a])).mapToInt(Integer::intValue).toArray();
    int positives = 0;
    for (byte label : labels) {
      positives += label;
    }
    double bestF1 = 0;
    float best = 0;
    int hits = 0;
    for (int above = 1; above <= order.length; above++) {
      hits += labels[order[above - 1]];
      float score = scores[order[above - 1]];
      float next = Math.max(-Float.MAX_VALUE, above < order.length ? scores[order[above]] : below(score));
      double f1 = 2.0 * hits / (above + positives);
      if (next < score && f1 > bestF1) {
        bestF1 = f1;
        best = between(next, score);
      }
    }
    return best;
  }

  /** 1 less, or the next float where that would be lost. */
  private static float below(float score) {
    return Math.min(score - 1, Math.nextDown(score));
  }

  /** Below {@code high}, and not below {@code low}. */
  private static float between(float low, float high) {
    float middle = (float) ((low + (double) high) / 2);
    return middle < high ? middle : low;
  }

  private static AuThresholds tune(LabelSet labels, float[] logits, IntPredicate used) {
    List<Float> thresholds = new ArrayList<>();
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      int column = unit;
      int[] rows = IntStream.range(0, labels.size())
          .filter(row -> used.test(row) && labels.actionUnit(row, column) != LabelSet.INVALID).toArray();
      float[] scores = new float[rows.length];
      byte[] truth = new byte[rows.length];
      for (int i = 0; i < rows.length; i++) {
        scores[i] = logits[rows[i] * ActionUnit.COUNT + unit];
        truth[i] = labels.actionUnit(rows[i], unit);
      }
      thresholds.add(best(scores, truth));
    }
    return new AuThresholds(thresholds);
  }

  private static List<Double> crossValidated(LabelSet labels, float[] logits) {
    SortedMap<String, Integer> foldOf = new TreeMap<>();
    labels.images().forEach(image -> foldOf.put(LabelSet.video(image), 0));
    if (foldOf.size() < FOLDS) {
      return null;
    }
    int videos = 0;
    for (String video : foldOf.keySet()) {
      foldOf.put(video, videos++ % FOLDS);
    }
    int[] fold = labels.images().stream().mapToInt(image -> foldOf.get(LabelSet.video(image))).toArray();
    AuThresholds[] ofOthers = new AuThresholds[FOLDS];
    Arrays.setAll(ofOthers, held -> tune(labels, logits, row -> fold[row] != held));
    return f1(labels, logits, row -> ofOthers[fold[row]]);
  }

  private static List<Double> f1(
      LabelSet labels, float[] logits, IntFunction<AuThresholds> thresholds) {
    List<Double> scores = new ArrayList<>();
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      ConfusionMatrix matrix = new ConfusionMatrix(2);
      for (int row = 0; row < labels.size(); row++) {
        if (labels.actionUnit(row, unit) != LabelSet.INVALID) {
          boolean above = thresholds.apply(row).isAbove(unit, logits[row * ActionUnit.COUNT + unit]);
          matrix.add(labels.actionUnit(row, unit), above ? 1 : 0);
        }
      }
      scores.add(matrix.f1(1));
    }
    return List.copyOf(scores);
  }

  private static double mean(List<Double> scores) {
    return scores.stream().mapToDouble(Double::doubleValue).sum() / scores.size();
  }
}
