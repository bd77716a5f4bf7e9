package io.github.affect4j.bench;

import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.task.ModelSpec;

/**
 * What to measure.
 *
 * @param mode training step or inference
 * @param spec heads of the model
 * @param precision element type of activations and working weights
 * @param device where to compute
 * @param batch images a step: at least 2 in training, 1 in inference
 * @param size height and width in pixels, 32 to 1024
 * @param threads OpenMP threads; 0 leaves the library's choice
 * @param warmup steps before the measured ones, at least 1: the first allocates and chooses kernels
 * @param steps measured steps, at least 1
 * @param layers also time each operation of the training step on the CPU, in as many further steps
 */
public record BenchOptions(
    BenchMode mode, ModelSpec spec, Precision precision, Device device, int batch, int size, int threads, int warmup,
    int steps, boolean layers) {

  public BenchOptions {
    int smallest = mode == BenchMode.TRAIN ? 2 : 1;
    if (batch < smallest) {
      throw new IllegalArgumentException("expected a batch of at least " + smallest + ", got " + batch);
    }
    if (size < 32 || size > 1024) {
      throw new IllegalArgumentException("expected a size of 32..1024 pixels, got " + size);
    }
    if (layers && (mode != BenchMode.TRAIN || !device.equals(Device.CPU))) {
      throw new IllegalArgumentException(
          "expected the training step on the cpu where layers are timed, got " + mode + " on " + device);
    }
    if (warmup < 1 || steps < 1 || threads < 0) {
      throw new IllegalArgumentException("expected at least 1 warm-up step, 1 step and 0 threads");
    }
  }

  int totalSteps() {
    return warmup + steps + (layers ? steps : 0);
  }
}
