package io.github.affect4j.fusion;

import io.github.affect4j.task.Task;

/**
 * Late fusion of single-task and multi-task predictions (paper, section 2): {@code p = lambda
 * p_single + (1 - lambda) p_multi}, for each task with its own lambda.
 *
 * <p>The result is again a set of logits, whatever the space: means of probabilities are mapped
 * back (atanh, log, log-odds), so that decoding them gives exactly the mean's answer.
 */
public final class LateFusion {
  /** tanh of it is 1 in double precision; keeps the logit of a saturated mean finite. */
  private static final double SATURATED = 20;

  private LateFusion() {}

  /** Fuses row by row, in double precision. */
  public static RawPredictions fuse(FourModels models, FusionWeights weights, FusionSpace space) {
    int rows = models.images().size();
    float[] fused = new float[rows * Task.ALL_OUTPUTS];
    for (Task task : Task.values()) {
      for (int row = 0; row < rows; row++) {
        double[] single = logits(models.single().get(task), task, row);
        double[] multi = logits(models.multi(), task, row);
        double[] mean = space == FusionSpace.LOGITS
            ? mean(single, multi, weights.of(task))
            : meanOfProbabilities(task, single, multi, weights.of(task));
        for (int output = 0; output < mean.length; output++) {
          fused[row * Task.ALL_OUTPUTS + task.firstColumn() + output] = (float) mean[output];
        }
      }
    }
    return new RawPredictions(models.images(), fused);
  }

  private static double[] logits(RawPredictions predictions, Task task, int row) {
    double[] logits = new double[task.outputs()];
    for (int output = 0; output < logits.length; output++) {
      logits[output] = predictions.logit(row, task.firstColumn() + output);
    }
    return logits;
  }

  private static double[] mean(double[] single, double[] multi, double lambda) {
    double[] mean = new double[single.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = lambda * single[i] + (1 - lambda) * multi[i];
    }
    return mean;
  }

  private static double[] meanOfProbabilities(Task task, double[] single, double[] multi, double lambda) {
    double[] logits = new double[single.length];
    double[] classes = task == Task.EXPR ? mean(softmax(single), softmax(multi), lambda) : null;
    for (int i = 0; i < logits.length; i++) {
      logits[i] = switch (task) {
        case VA -> atanh(lambda * Math.tanh(single[i]) + (1 - lambda) * Math.tanh(multi[i]));
        case EXPR -> Math.log(Math.max(classes[i], Double.MIN_NORMAL));
        case AU -> logOdds(single[i], multi[i], lambda);
      };
    }
    return logits;
  }

  private static double[] softmax(double[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    double[] probabilities = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = Math.exp(logits[i] - largest);
      sum += probabilities[i];
    }
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] /= sum;
    }
    return probabilities;
  }

  private static double atanh(double value) {
    double logit = 0.5 * (Math.log1p(value) - Math.log1p(-value));
    return Math.max(-SATURATED, Math.min(SATURATED, logit));
  }

  /** log(p / (1 - p)) of the mean p of two sigmoids; 1 - p is the mean of the mirrored sigmoids. */
  private static double logOdds(double single, double multi, double lambda) {
    double positive = lambda * sigmoid(single) + (1 - lambda) * sigmoid(multi);
    double negative = lambda * sigmoid(-single) + (1 - lambda) * sigmoid(-multi);
    return Math.log(Math.max(positive, Double.MIN_NORMAL)) - Math.log(Math.max(negative, Double.MIN_NORMAL));
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }
}
