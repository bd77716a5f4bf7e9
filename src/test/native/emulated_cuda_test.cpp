// The CUDA kernels themselves, run on the CPU (emulated_cuda/cuda_runtime.h): their arithmetic, indices,
// barriers and sums, on a machine without a GPU or nvcc.
#include "emulated_kernels.h"

#include "cuda/kernel_tests.h"

int main() {
  cuda_kernels::run_all();
  std::vector<float> forwards;
  std::swap(forwards, cuda_kernels::written);
  emulated_cuda::backwards = true;
  cuda_kernels::run_all();
  cuda_kernels::check(a4j_test::same_bits(forwards, cuda_kernels::written),
                      "the same bits whatever the order of threads and blocks");
  return a4j_test::report("emulated_cuda_test");
}
