// Batch normalisation in training, as far as it is not done inside the convolutions (ops/conv.h).
// Activations are [rows][channels] (NHWC with n, h, w flattened), fp32 or bf16; everything per
// channel is fp32. Work is cut into pieces that do not depend on the number of threads, so neither do
// the results.
//
// Forward:   y = conv(x);  z = relu(scale y + shift [+ residual]),  scale = weight / sqrt(var + eps)
// Backward:  g = dz where z > 0, else 0;  d bias = sum g;  d weight = sum g xhat
//            dy = scale (g - d bias / n - xhat d weight / n),  xhat = (y - mean) / sqrt(var + eps)
#pragma once

#include <cstdint>
#include <vector>

#include "ops/floats.h"

namespace a4j {

// Elements of a [rows][channels] activation.
struct Activation {
  void* data;
  bool bf16;
  int64_t rows;
  int channels;

  int64_t elements() const { return rows * channels; }
  int64_t bytes() const { return elements() * (bf16 ? 2 : 4); }
};

// One batch norm's tensors, all [channels]. running_* are updated with momentum 0.1 and the unbiased
// variance, as torch.nn.BatchNorm2d does.
struct NormParameters {
  const float* weight;
  const float* bias;
  float* running_mean;
  float* running_var;
};

// What forward leaves for backward, and backward's affine form dy = a g + b y + k; all [channels].
struct NormState {
  explicit NormState(int channels)
      : mean(channels), inverse_deviation(channels), scale(channels), shift(channels), a(channels), b(channels),
        k(channels) {}

  Floats mean, inverse_deviation, scale, shift;
  Floats a, b, k;
};

// Sums over the rows, [channels] each; which ones is said where they are taken.
struct Sums {
  std::vector<double> s1, s2, s3;
};

// Partial sums of the reductions; grown on first use, then kept.
using NormWorkspace = Floats;

// The state from n rows' s1 = sum (y - s3) and s2 = sum (y - s3)^2: differences to a value near the mean
// lose no digits. Updates the running statistics.
void norm_statistics(int64_t n, const Sums& sums, const NormParameters& parameters, NormState& state);

// Slopes of one batch norm's weight and bias, [channels] each, written.
struct NormSlopes {
  float* weight;
  float* bias;
};

// The slopes from sum_g = sum g and sum_gy = sum g (y - mean).
void norm_slopes(const std::vector<double>& sum_g, const std::vector<double>& sum_gy, const NormState& state,
                 const NormSlopes& slopes);

// The state's a, b, k from n rows' sums. The rows are those of the statistics: of all ranks if batch norm is
// synchronised, while each rank keeps the slopes of its own rows.
void norm_coefficients(int64_t n, const std::vector<double>& sum_g, const std::vector<double>& sum_gy,
                       NormState& state);

// z = relu(bn(y) + x).
void norm_add_relu(const Activation& y, const NormState& state, const Activation& x, const Activation& z);

// z = relu(bn(y) + bn'(x)), with x's own batch norm (the downsample path).
void norm_add_norm_relu(const Activation& y, const NormState& state, const Activation& x, const NormState& x_state,
                        const Activation& z);

// Backward through z = relu(...) at a block's end: g = dz where z > 0, else 0, written over z.
// s1 = sum g, s2 = sum g (y - mean).
void residual_relu_backward(const Activation& dz, const Activation& z, const Activation& y, const NormState& state,
                            Sums& sums, NormWorkspace& workspace);

// The stem: z = 3x3 stride 2 max pool (padding 1) of relu(bn(y)), y: [images][h][w][64]; taps
// [elements of z] remembers the inputs that won.
void norm_relu_pool(const Activation& y, int h, int w, const NormState& state, const Activation& z, uint8_t* taps);

// Backward through the stem's pool: with g the gradient behind the norm, s1 = sum g, s2 = sum g (y - mean). The
// workspace holds one image a thread.
void norm_relu_pool_sums(const Activation& dz, const uint8_t* taps, const Activation& y, int h, int w,
                         const NormState& state, Sums& sums, NormWorkspace& workspace);

// Then dy = a g + b y + k over y.
void norm_relu_pool_backward(const Activation& dz, const uint8_t* taps, const Activation& y, int h, int w,
                             const NormState& state, NormWorkspace& workspace);

}  // namespace a4j
