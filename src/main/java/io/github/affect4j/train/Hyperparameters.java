package io.github.affect4j.train;

import io.github.affect4j.data.CropRange;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.TrainerOptions;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.Expression;
import java.util.List;
import java.util.Objects;

/**
 * All that decides the weights a training run ends with, besides its data. Component names are
 * those of the command-line options.
 *
 * @param lr learning rate of Adam, at least 0
 * @param schedule how it changes
 * @param warmup updates over which it first rises linearly from 0
 * @param weightDecay L2 term added to the gradient, at least 0
 * @param beta1 Adam's decay of the first moment, in [0, 1)
 * @param beta2 Adam's decay of the second moment, in [0, 1)
 * @param eps Adam's denominator term, above 0
 * @param batch rows of a batch, at least 2
 * @param epochs passes over the training rows, at least 1
 * @param patience epochs without a better validation score after which training stops; 0: never
 * @param crop range of the random resized crop
 * @param flip whether images are mirrored with probability 0.5
 * @param focalGamma exponent of the focal loss L2, at least 0
 * @param weightedMean false divides L1 by the number of labelled rows (the paper's equation), true
 *     by the sum of their class weights (PyTorch's convention)
 * @param classWeights 8 positive weights of L1; empty: w_y = N / N_y counted over the training rows
 * @param seed of the initial weights, the row order and the crops
 * @param dtype element type of activations and working weights
 * @param threads OpenMP threads, 1 to 1024; the weights do not depend on it (unless libtorch's autograd trains)
 * @param init safetensors file the backbone starts from; empty: random weights whose residual blocks begin as the
 *     identity
 * @param protocol which validation rows the best epoch is told by
 * @param rows which labelled rows are trained on
 */
public record Hyperparameters(
    double lr,
    Schedule schedule,
    int warmup,
    double weightDecay,
    double beta1,
    double beta2,
    double eps,
    int batch,
    int epochs,
    int patience,
    CropRange crop,
    boolean flip,
    double focalGamma,
    boolean weightedMean,
    List<Double> classWeights,
    long seed,
    Precision dtype,
    int threads,
    String init,
    Protocol protocol,
    TrainingRows rows) {

  /** Most OpenMP threads. */
  public static final int MAX_THREADS = 1024;

  /** @throws InputException if a value is out of its range */
  public Hyperparameters {
    require(lr >= 0 && Double.isFinite(lr), "lr", "at least 0", lr);
    require(warmup >= 0, "warmup", "at least 0", warmup);
    require(weightDecay >= 0 && weightDecay <= 10, "weight-decay", "from 0 to 10", weightDecay);
    require(beta1 >= 0 && (float) beta1 < 1, "beta1", "in [0, 1)", beta1);
    require(beta2 >= 0 && (float) beta2 < 1, "beta2", "in [0, 1)", beta2);
    require(eps > 0 && eps <= 1, "eps", "above 0 and at most 1", eps);
    require(batch >= 2 && batch <= Batch.MAX_CAPACITY, "batch",
        "from 2 (batch norm needs two) to " + Batch.MAX_CAPACITY, batch);
    require(epochs >= 1, "epochs", "at least 1", epochs);
    require(patience >= 0, "patience", "at least 0", patience);
    require(focalGamma >= 0 && focalGamma <= 100, "focal-gamma", "from 0 to 100", focalGamma);
    require(threads >= 1 && threads <= MAX_THREADS, "threads", "from 1 to " + MAX_THREADS, threads);
    require(schedule != null, "schedule", "given", schedule);
    require(crop != null, "crop-scale", "given", crop);
    require(dtype != null, "dtype", "given", dtype);
    require(init != null, "init", "given", init);
    require(classWeights != null && classWeights.stream().allMatch(Objects::nonNull), "class-weights", "given",
        classWeights);
    classWeights = List.copyOf(classWeights);
    // Null in files from before there was a choice.
    protocol = protocol == null ? Protocol.EACH : protocol;
    rows = rows == null ? TrainingRows.ANY : rows;
    boolean weightsFit = classWeights.isEmpty()
        || classWeights.size() == Expression.COUNT && classWeights.stream().allMatch(w -> w > 0 && w < 1e30);
    require(weightsFit, "class-weights", Expression.COUNT + " positive numbers", classWeights);
  }

  /**
   * The paper's values (section 3.2) and, where it is silent, those of its authors' release, with all processors of
   * this machine, or as many as may be given.
   */
  public static Hyperparameters paper() {
    int processors = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
    return new Hyperparameters(
        5e-5, Schedule.CONSTANT, 0, 1e-4, 0.9, 0.999, 1e-8, 64, 30, 0, CropRange.DEFAULT, true, 1, false,
        List.of(), 0, Precision.FP32, processors, "", Protocol.EACH, TrainingRows.ANY);
  }

  /** The same with another batch size. */
  public Hyperparameters withBatch(int other) {
    return new Hyperparameters(
        lr, schedule, warmup, weightDecay, beta1, beta2, eps, other, epochs, patience, crop, flip, focalGamma,
        weightedMean, classWeights, seed, dtype, threads, init, protocol, rows);
  }

  /** The same with other threads, which change no result. */
  public Hyperparameters withThreads(int others) {
    return new Hyperparameters(
        lr, schedule, warmup, weightDecay, beta1, beta2, eps, batch, epochs, patience, crop, flip, focalGamma,
        weightedMean, classWeights, seed, dtype, others, init, protocol, rows);
  }

  /** Losses and optimizer for the native layer. */
  TrainerOptions trainerOptions(float[] weights) {
    return new TrainerOptions(
        weights, weightedMean, (float) focalGamma, (float) beta1, (float) beta2, (float) eps, (float) weightDecay);
  }

  private static void require(boolean holds, String option, String expected, Object actual) {
    if (!holds) {
      throw new InputException("--" + option + " must be " + expected + ", not " + actual);
    }
  }
}
