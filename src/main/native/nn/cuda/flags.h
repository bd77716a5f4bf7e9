// libtorch's global choices for cuDNN, set for our convolutions and put back: algorithms measured when a
// shape is first met, only ones that repeat their bits, and fp32 that is fp32.
#pragma once

#include <ATen/Context.h>

#include "device/environment.h"

namespace a4j {

class CudnnFlags {
 public:
  CudnnFlags()
      : benchmark_(context().benchmarkCuDNN()),
        deterministic_(context().deterministicCuDNN()),
        tf32_(context().allowTF32CuDNN()) {
    context().setBenchmarkCuDNN(!heuristic());
    context().setDeterministicCuDNN(true);
    context().setAllowTF32CuDNN(false);
  }

  ~CudnnFlags() {
    context().setBenchmarkCuDNN(benchmark_);
    context().setDeterministicCuDNN(deterministic_);
    context().setAllowTF32CuDNN(tf32_);
  }

  CudnnFlags(const CudnnFlags&) = delete;
  CudnnFlags& operator=(const CudnnFlags&) = delete;

 private:
  static at::Context& context() { return at::globalContext(); }

  // AFFECT4J_CUDNN=heuristic takes cuDNN's own guess instead: the same in every process, so that a run
  // repeats its bits, where two measurements may choose differently.
  static bool heuristic() {
    return chosen_by("AFFECT4J_CUDNN", {"measured", "heuristic"}) == "heuristic";
  }

  bool benchmark_, deterministic_, tf32_;
};

}  // namespace a4j
