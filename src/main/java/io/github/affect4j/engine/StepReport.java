package io.github.affect4j.engine;

/**
 * What one training step measured on its batch.
 *
 * @param total L = L1 + L2 + L3 over the model's heads
 * @param va L3, 0 if the model has no such head or the batch no such label
 * @param expr L1, likewise
 * @param au L2, likewise
 * @param validVa rows with valence and arousal labels
 * @param validExpr rows with an expression label
 * @param validAu labelled action units
 * @param correctExpr rows whose arg max is the label
 * @param correctAu labelled action units predicted right
 */
public record StepReport(
    double total,
    double va,
    double expr,
    double au,
    long validVa,
    long validExpr,
    long validAu,
    long correctExpr,
    long correctAu) {

  static final int VALUES = 9;

  static StepReport of(double[] v) {
    return new StepReport(
        v[0], v[1], v[2], v[3], (long) v[4], (long) v[5], (long) v[6], (long) v[7], (long) v[8]);
  }
}
