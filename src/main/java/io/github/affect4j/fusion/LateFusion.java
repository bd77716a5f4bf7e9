package io.github.affect4j.fusion;

import io.github.affect4j.task.Task;

/**
 * Late fusion of single-task and multi-task predictions (paper, section 2): {@code p = lambda
 * p_single + (1 - lambda) p_multi}, for each task with its own lambda. The result is again a set of logits.
 */
public final class LateFusion {
  private LateFusion() {}

  /** Fuses row by row, in double precision. */
  public static RawPredictions fuse(FourModels models, FusionWeights weights, MeanSpace space) {
    int rows = models.images().size();
    float[] fused = new float[rows * Task.ALL_OUTPUTS];
    for (Task task : Task.values()) {
      for (int row = 0; row < rows; row++) {
        double[] single = space.of(task, models.single().get(task).logits(row, task));
        double[] multi = space.of(task, models.multi().logits(row, task));
        RawPredictions.put(space.logits(task, mean(single, multi, weights.of(task))), task, row, fused);
      }
    }
    return new RawPredictions(models.images(), fused);
  }

  private static double[] mean(double[] single, double[] multi, double lambda) {
    double[] mean = new double[single.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = lambda * single[i] + (1 - lambda) * multi[i];
    }
    return mean;
  }
}
