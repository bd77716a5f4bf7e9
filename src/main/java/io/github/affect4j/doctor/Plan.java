package io.github.affect4j.doctor;

/**
 * What a command uses on this machine unless it is told otherwise.
 *
 * @param device where models are computed
 * @param kernels the instruction set of our kernels
 * @param threads OpenMP threads of native work
 * @param dtype of activations and working weights, the faster one here: bf16 with AVX512_BF16 or AMX, else fp32
 */
public record Plan(String device, String kernels, int threads, String dtype) {

  static Plan of(NativeLibrary library) {
    if (!library.works()) {
      return null;
    }
    boolean bf16 = library.description().path("avx512_bf16").asBoolean() || library.description().path("amx").asBoolean();
    return new Plan("cpu", library.text("kernels"), library.number("threads"), bf16 ? "bf16" : "fp32");
  }
}
