package io.github.affect4j.fusion;

import io.github.affect4j.task.Task;
import java.util.Arrays;
import java.util.Locale;

/**
 * Where means of predictions are taken, by late fusion and by temporal smoothing. The result is a set of logits again:
 * means of probabilities are mapped back (atanh, log, log-odds), so that decoding them gives exactly the mean's answer.
 */
public enum MeanSpace {
  /** On the heads' outputs, as the authors' release does. */
  LOGITS {
    @Override
    double[] of(Task task, double[] logits) {
      return logits;
    }

    @Override
    double[] logits(Task task, double[] mean) {
      return mean;
    }
  },

  /** After tanh, softmax and sigmoid. */
  PROBABILITIES {
    @Override
    double[] of(Task task, double[] logits) {
      return switch (task) {
        case VA -> Arrays.stream(logits).map(Math::tanh).toArray();
        case EXPR -> softmax(logits);
        case AU -> sigmoids(logits);
      };
    }

    @Override
    double[] logits(Task task, double[] mean) {
      return switch (task) {
        case VA -> Arrays.stream(mean).map(MeanSpace::atanh).toArray();
        case EXPR -> Arrays.stream(mean).map(MeanSpace::log).toArray();
        case AU -> logOdds(mean);
      };
    }
  };

  /** tanh of it is 1 in double precision; keeps the logit of a saturated mean finite. */
  private static final double SATURATED = 20;

  /** What a mean is taken of, from one row's logits of a task. */
  abstract double[] of(Task task, double[] logits);

  /** The logits that such a mean stands for. */
  abstract double[] logits(Task task, double[] mean);

  /** Lower-case name as used on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static double[] softmax(double[] logits) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double[] powers = Arrays.stream(logits).map(logit -> Math.exp(logit - largest)).toArray();
    double sum = 0;
    for (double power : powers) {
      sum += power;
    }
    double total = sum;
    return Arrays.stream(powers).map(power -> power / total).toArray();
  }

  /** Of each logit p, then of each 1 - p: a difference of means near 1 would lose it. */
  private static double[] sigmoids(double[] logits) {
    double[] both = new double[2 * logits.length];
    for (int i = 0; i < logits.length; i++) {
      both[i] = sigmoid(logits[i]);
      both[logits.length + i] = sigmoid(-logits[i]);
    }
    return both;
  }

  private static double[] logOdds(double[] both) {
    double[] logits = new double[both.length / 2];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = log(both[i]) - log(both[logits.length + i]);
    }
    return logits;
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  private static double log(double probability) {
    return Math.log(Math.max(probability, Double.MIN_NORMAL));
  }

  /** Of a mean of values in [-1, 1], which rounding may carry out of that range. */
  private static double atanh(double mean) {
    double value = Math.max(-1, Math.min(1, mean));
    double logit = 0.5 * (Math.log1p(value) - Math.log1p(-value));
    return Math.max(-SATURATED, Math.min(SATURATED, logit));
  }
}
