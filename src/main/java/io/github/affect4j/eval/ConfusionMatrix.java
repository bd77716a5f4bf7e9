package io.github.affect4j.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Counts of (label, prediction) of a classification, and the scores they give. A score whose
 * denominator is 0 is 0, as scikit-learn's {@code zero_division=0}. Not safe for use by several
 * threads.
 */
public final class ConfusionMatrix {
  private final long[][] counts;

  /** An empty matrix of so many classes, at least 1. */
  public ConfusionMatrix(int classes) {
    counts = new long[classes][classes];
  }

  /** Counts one row; both are classes from 0 to the number of classes - 1. */
  public void add(int label, int prediction) {
    counts[label][prediction]++;
  }

  /** Adds all counts of a matrix with as many classes. */
  public void add(ConfusionMatrix other) {
    for (int label = 0; label < counts.length; label++) {
      for (int prediction = 0; prediction < counts.length; prediction++) {
        counts[label][prediction] += other.counts[label][prediction];
      }
    }
  }

  /** Number of rows counted. */
  public long total() {
    long total = 0;
    for (int label = 0; label < counts.length; label++) {
      total += support(label);
    }
    return total;
  }

  /** Number of rows with this label. */
  public long support(int label) {
    long sum = 0;
    for (long count : counts[label]) {
      sum += count;
    }
    return sum;
  }

  /** Number of rows predicted to be of this class. */
  public long predicted(int prediction) {
    long sum = 0;
    for (long[] row : counts) {
      sum += row[prediction];
    }
    return sum;
  }

  /** True positives over rows predicted. */
  public double precision(int label) {
    return ratio(counts[label][label], predicted(label));
  }

  /** True positives over rows labelled. */
  public double recall(int label) {
    return ratio(counts[label][label], support(label));
  }

  /** Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). */
  public double f1(int label) {
    return ratio(2 * counts[label][label], support(label) + predicted(label));
  }

  /** Mean F1 over all classes, absent ones included as 0. */
  public double macroF1() {
    double sum = 0;
    for (int label = 0; label < counts.length; label++) {
      sum += f1(label);
    }
    return sum / counts.length;
  }

  /** Share of rows on the diagonal. */
  public double accuracy() {
    long hits = 0;
    for (int label = 0; label < counts.length; label++) {
      hits += counts[label][label];
    }
    return ratio(hits, total());
  }

  /** The counts, a row a label, a column a prediction. */
  public List<List<Long>> rows() {
    List<List<Long>> rows = new ArrayList<>();
    for (long[] row : counts) {
      rows.add(Arrays.stream(row).boxed().toList());
    }
    return List.copyOf(rows);
  }

  private static double ratio(long numerator, long denominator) {
    return denominator == 0 ? 0 : (double) numerator / denominator;
  }
}
