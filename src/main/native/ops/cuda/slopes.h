// What the last block of a backward reduction writes for one channel.
#pragma once

#include <cuda_runtime.h>

#include "ops/cuda/norm.h"
#include "ops/math/norm.h"

namespace a4j {
namespace cuda {

__device__ inline void write_slopes(const Norm& norm, int c, int64_t n, double sum_g, double sum_gy) {
  NormSlope slope = norm_slope(n, sum_g, sum_gy, norm.mean[c], norm.inverse_deviation[c], norm.scale[c]);
  norm.weight_slope[c] = slope.weight;
  norm.bias_slope[c] = slope.bias;
  norm.a[c] = slope.a;
  norm.b[c] = slope.b;
  norm.k[c] = slope.k;
}

}  // namespace cuda
}  // namespace a4j
