// The CUDA kernels on this machine's GPU, twice: the bits must repeat.
#include "cuda/kernel_tests.h"
#include "cuda/gpu.h"

int main() {
  if (!cuda_test::gpu_is_there("kernels_test")) return cuda_test::skipped();
  cuda_kernels::run_all();
  std::vector<float> first;
  std::swap(first, cuda_kernels::written);
  cuda_kernels::run_all();
  cuda_kernels::check(a4j_test::same_bits(first, cuda_kernels::written), "the same bits twice");
  return a4j_test::report("kernels_test");
}
