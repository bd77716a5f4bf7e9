package io.github.affect4j.doctor;

import io.github.affect4j.engine.Precision;

/**
 * What a command uses on this machine unless it is told otherwise.
 *
 * @param device where models are computed
 * @param kernels the instruction set of our kernels
 * @param threads OpenMP threads of native work
 * @param dtype of activations
 */
public record Plan(String device, String kernels, int threads, String dtype) {

  static Plan of(NativeLibrary library) {
    if (!library.works()) {
      return null;
    }
    return new Plan("cpu", library.text("kernels"), library.number("threads"), Precision.FP32.label());
  }
}
