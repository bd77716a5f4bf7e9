#include "ops/cpu/conv_loops.h"
#include "ops/cpu/matrix_loops.h"

const a4j::ConvKernels& a4j::conv_kernels_amx() {
  static const ConvKernels kernels = ConvLoops<bf16, DotProduct>::table(multiply_matrix);
  return kernels;
}
