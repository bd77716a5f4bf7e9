// What the last block of a reduction over rows writes for one channel.
#pragma once

#include <cuda_runtime.h>

#include "ops/cuda/norm.h"
#include "ops/math/norm.h"

namespace a4j {
namespace cuda {

// This rank's part of what norm.sums will be.
__device__ inline void write_sums(const Norm& norm, int channels, int c, int64_t n, double first, double second) {
  norm.sums[c] = first;
  norm.sums[channels + c] = second;
  if (c == 0) norm.sums[2 * channels] = static_cast<double>(n);
}

__device__ inline void write_statistics(const Norm& norm, int c, int64_t n, const ChannelMoments& moments) {
  NormChannel channel = norm_channel(moments.mean, moments.variance, norm.weight[c], norm.bias[c]);
  norm.mean[c] = channel.mean;
  norm.inverse_deviation[c] = channel.inverse_deviation;
  norm.scale[c] = channel.scale;
  norm.shift[c] = channel.shift;
  norm.running_mean[c] = norm_running(norm.running_mean[c], moments.mean);
  norm.running_var[c] = norm_running(norm.running_var[c], unbiased(n, moments.variance));
}

__device__ inline NormSlope slope_of(const Norm& norm, int c, int64_t n, double sum_g, double sum_gy) {
  return norm_slope(n, sum_g, sum_gy, norm.mean[c], norm.inverse_deviation[c], norm.scale[c]);
}

__device__ inline void write_coefficients(const Norm& norm, int c, const NormSlope& slope) {
  norm.a[c] = slope.a;
  norm.b[c] = slope.b;
  norm.k[c] = slope.k;
}

// Slopes are of this rank's rows in any case: the gradient is summed over ranks later.
__device__ inline void write_slopes(const Norm& norm, int channels, int c, int64_t n, double sum_g, double sum_gy) {
  NormSlope slope = slope_of(norm, c, n, sum_g, sum_gy);
  norm.weight_slope[c] = slope.weight;
  norm.bias_slope[c] = slope.bias;
  if (norm.sums == nullptr) {
    write_coefficients(norm, c, slope);
  } else {
    write_sums(norm, channels, c, n, sum_g, sum_gy);
  }
}

}  // namespace cuda
}  // namespace a4j
