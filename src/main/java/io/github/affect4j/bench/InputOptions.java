package io.github.affect4j.bench;

import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.task.ModelSpec;
import java.nio.file.Path;

/**
 * Whose input to measure, and with which step.
 *
 * @param data data set folder, as released or packed; its first 2048 training rows are used
 * @param spec heads of the model
 * @param precision storage of activations
 * @param device where to compute
 * @param batch images a step, at least 2
 * @param threads OpenMP threads; 0 leaves the library's choice
 * @param steps measured steps of each kind, at least 1
 */
public record InputOptions(
    Path data, ModelSpec spec, Precision precision, Device device, int batch, int threads, int steps) {

  public InputOptions {
    if (batch < 2 || threads < 0 || steps < 1) {
      throw new IllegalArgumentException("expected a batch of at least 2, 0 threads and 1 step");
    }
  }
}
