#include "ops/cpu/norm_loops.h"

A4J_DEFINE_NORM_KERNELS(norm_kernels_generic)
