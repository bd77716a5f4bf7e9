#include "ops/cpu/conv_loops.h"

const a4j::ConvKernels& a4j::conv_kernels_avx512_bf16() { return ConvLoops<a4j::bf16, DotProduct>::table(); }
