package io.github.affect4j.doctor;

/**
 * What a command uses on this machine unless it is told otherwise, and what suits it best.
 *
 * @param device where models are computed
 * @param instructions the instruction set of the CPU kernels in use
 * @param threads OpenMP threads of native work
 * @param fastestDtype the {@code --dtype} that trains fastest here: bf16 only with AVX512_BF16 or AMX
 */
public record Plan(String device, String instructions, int threads, String fastestDtype) {

  static Plan of(NativeLibrary library) {
    if (!library.works()) {
      return null;
    }
    boolean bf16 = library.description().path("avx512_bf16").asBoolean() || library.description().path("amx").asBoolean();
    return new Plan("cpu", library.text("cpu_capability"), library.number("threads"), bf16 ? "bf16" : "fp32");
  }
}
