// Batch norm's formulas for one channel and one element, shared by all backends.
#pragma once

#include <cmath>
#include <cstdint>

#include "ops/math/portable.h"

namespace a4j {

constexpr double kNormMomentum = 0.1;
constexpr double kNormEpsilon = 1e-5;

// What one channel's normalisation needs: z = scale y + shift.
struct NormChannel {
  float mean, inverse_deviation, scale, shift;
};

A4J_MATH NormChannel norm_channel(double mean, double variance, float weight, float bias) {
  double inverse_deviation = 1 / sqrt(variance + kNormEpsilon);
  return {static_cast<float>(mean), static_cast<float>(inverse_deviation),
          static_cast<float>(weight * inverse_deviation), static_cast<float>(bias - mean * weight * inverse_deviation)};
}

// Mean and population variance of n values from s1 = sum (y - pivot) and s2 = sum (y - pivot)^2.
struct ChannelMoments {
  double mean, variance;
};

A4J_MATH ChannelMoments channel_moments(int64_t n, double s1, double s2, double pivot) {
  double offset = s1 / n, variance = s2 / n - offset * offset;
  return {pivot + offset, variance > 0 ? variance : 0};
}

// A running statistic after a batch's value; the variance that runs is the unbiased one.
A4J_MATH float norm_running(float running, double value) {
  return static_cast<float>((1 - kNormMomentum) * running + kNormMomentum * value);
}

A4J_MATH double unbiased(int64_t n, double variance) { return n > 1 ? variance * n / (n - 1) : variance; }

// A channel's slopes, and the affine form of its backward, dy = a g + b y + k, from n rows' sums of g
// and of g (y - mean).
struct NormSlope {
  float weight, bias, a, b, k;
};

A4J_MATH NormSlope norm_slope(int64_t n, double sum_g, double sum_gy, float mean, float inverse_deviation,
                              float channel_scale) {
  double scale = channel_scale, weight = sum_gy * inverse_deviation;
  double per_y = -scale * inverse_deviation * weight / n;
  return {static_cast<float>(weight), static_cast<float>(sum_g), channel_scale, static_cast<float>(per_y),
          static_cast<float>(-scale * sum_g / n - per_y * mean)};
}

A4J_MATH float relu(float v) { return 0 > v ? 0 : v; }  // NaN stays

}  // namespace a4j
