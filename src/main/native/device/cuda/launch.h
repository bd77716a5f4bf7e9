// Kernel launches without nvcc's brackets, so that the same source compiles for the emulation on the
// CPU (src/test/native/emulated_cuda). Includes no libtorch header: nvcc takes seconds, not minutes.
#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace a4j {

inline void cuda_check(cudaError_t code, const char* what) {
  if (code != cudaSuccess) throw std::runtime_error(std::string("CUDA, ") + what + ": " + cudaGetErrorString(code));
}

// Enqueues kernel(arguments...) on a grid of blocks of `threads` threads.
template <typename... Parameters, typename... Arguments>
void launch(cudaStream_t stream, dim3 grid, int threads, void (*kernel)(Parameters...), Arguments... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = dim3(threads);
  config.stream = stream;
  cuda_check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), "launch of a kernel");
}

}  // namespace a4j
