package io.github.affect4j.engine;

/**
 * Losses and optimizer of a {@link Trainer}; {@link #paper} has the paper's values.
 *
 * @param classWeights 8 positive weights w_y = N / N_y of the expressions (equation L1)
 * @param weightedMean false divides L1 by the number of valid rows (the paper), true by the sum of
 *     their weights (PyTorch's convention)
 * @param focalGamma exponent of the focal loss, at least 0
 * @param beta1 Adam's decay of the first moment, in [0, 1)
 * @param beta2 Adam's decay of the second moment, in [0, 1)
 * @param epsilon Adam's denominator term, above 0
 * @param weightDecay L2 term added to the gradient, at least 0
 */
public record TrainerOptions(
    float[] classWeights,
    boolean weightedMean,
    float focalGamma,
    float beta1,
    float beta2,
    float epsilon,
    float weightDecay) {

  /** The paper's losses and Adam with weight decay 1e-4. */
  public static TrainerOptions paper(float[] classWeights) {
    return new TrainerOptions(classWeights, false, 1, 0.9f, 0.999f, 1e-8f, 1e-4f);
  }
}
