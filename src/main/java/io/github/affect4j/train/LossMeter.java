package io.github.affect4j.train;

import io.github.affect4j.engine.StepReport;

/**
 * Sums over the steps of one epoch. Its state travels in the checkpoint, so that an epoch resumed
 * in the middle reports what an undisturbed one does.
 */
final class LossMeter {
  private static final int STEPS = 0;
  private static final int TOTAL = 1;
  private static final int VA = 2;
  private static final int VA_STEPS = 3;
  private static final int EXPR = 4;
  private static final int EXPR_STEPS = 5;
  private static final int AU = 6;
  private static final int AU_STEPS = 7;
  private static final int EXPR_CORRECT = 8;
  private static final int EXPR_VALID = 9;
  private static final int AU_CORRECT = 10;
  private static final int AU_VALID = 11;
  static final int SIZE = 12;

  private final double[] sums = new double[SIZE];

  LossMeter() {}

  /** A meter that goes on from {@link #state()}. */
  static LossMeter of(double[] state) {
    LossMeter meter = new LossMeter();
    System.arraycopy(state, 0, meter.sums, 0, SIZE);
    return meter;
  }

  void add(StepReport report) {
    sums[STEPS]++;
    sums[TOTAL] += report.total();
    addTask(VA, report.va(), report.validVa());
    addTask(EXPR, report.expr(), report.validExpr());
    addTask(AU, report.au(), report.validAu());
    sums[EXPR_CORRECT] += report.correctExpr();
    sums[EXPR_VALID] += report.validExpr();
    sums[AU_CORRECT] += report.correctAu();
    sums[AU_VALID] += report.validAu();
  }

  private void addTask(int index, double loss, long valid) {
    if (valid > 0) {
      sums[index] += loss;
      sums[index + 1]++;
    }
  }

  /** A copy of the sums. */
  double[] state() {
    return sums.clone();
  }

  long steps() {
    return (long) sums[STEPS];
  }

  /** Mean of the total loss over the steps; null before the first, like all others. */
  Double total() {
    return mean(TOTAL, STEPS);
  }

  /** Mean of a task's loss over the steps that had a label of it. */
  Double va() {
    return mean(VA, VA_STEPS);
  }

  Double expr() {
    return mean(EXPR, EXPR_STEPS);
  }

  Double au() {
    return mean(AU, AU_STEPS);
  }

  /** Share of labelled rows classified right, on augmented images. */
  Double exprAccuracy() {
    return mean(EXPR_CORRECT, EXPR_VALID);
  }

  Double auAccuracy() {
    return mean(AU_CORRECT, AU_VALID);
  }

  private Double mean(int sum, int count) {
    return sums[count] == 0 ? null : (Double) (sums[sum] / sums[count]);
  }
}
