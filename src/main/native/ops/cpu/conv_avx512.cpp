#include "ops/cpu/conv_loops.h"

A4J_DEFINE_CONV_KERNELS(conv_kernels_avx512)
