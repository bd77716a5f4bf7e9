// Batch normalisation in training, fused with what surrounds it: each function is one pass over
// memory. Activations are [rows][channels] (NHWC with n, h, w flattened), fp32 or bf16; everything
// per channel is fp32. Work is cut into chunks that do not depend on the number of threads, so
// neither do the results.
//
// Forward:   y = conv(x);  z = relu(scale y + shift [+ residual]),  scale = weight / sqrt(var + eps)
// Backward:  g = dz where z > 0, else 0;  d bias = sum g;  d weight = sum g xhat
//            dy = scale (g - d bias / n - xhat d weight / n),  xhat = (y - mean) / sqrt(var + eps)
#pragma once

#include <cstdint>
#include <vector>

namespace a4j {

// Elements of a [rows][channels] activation.
struct Activation {
  void* data;
  bool bf16;
  int64_t rows;
  int channels;
};

// One batch norm's tensors, all [channels]. running_* are updated with momentum 0.1 and the unbiased
// variance, as torch.nn.BatchNorm2d does.
struct NormParameters {
  const float* weight;
  const float* bias;
  float* running_mean;
  float* running_var;
};

// What forward leaves for backward, all [channels].
struct NormState {
  explicit NormState(int channels)
      : mean(channels), inverse_deviation(channels), scale(channels), shift(channels) {}

  std::vector<float> mean, inverse_deviation, scale, shift;
};

// Partial sums of the reductions; grown on first use, then kept.
using NormWorkspace = std::vector<float>;

// Batch statistics of y into state; updates the running statistics.
void norm_statistics(const Activation& y, const NormParameters& parameters, NormState& state,
                     NormWorkspace& workspace);

// z = relu(bn(y)).
void norm_relu(const Activation& y, const NormState& state, const Activation& z);

// z = relu(bn(y) + x).
void norm_add_relu(const Activation& y, const NormState& state, const Activation& x, const Activation& z);

// z = relu(bn(y) + bn'(x)), with x's own batch norm (the downsample path).
void norm_add_norm_relu(const Activation& y, const NormState& state, const Activation& x, const NormState& x_state,
                        const Activation& z);

// Slopes of one batch norm's weight and bias, [channels] each, written.
struct NormSlopes {
  float* weight;
  float* bias;
};

// Backward through relu(bn(y)): slopes from dz, then dy over y.
void norm_relu_backward(const Activation& dz, const Activation& y, const NormState& state, const NormSlopes& slopes,
                        NormWorkspace& workspace);

// Backward through z = relu(...), before a block's end: g = (dz + dz2) where z > 0, else 0, written
// over z; dz2.data may be null. Adds up the slopes of the norm of y, and of that of x if x_state is not null.
void residual_relu_backward(const Activation& dz, const Activation& dz2, const Activation& z, const Activation& y,
                            const NormState& state, const NormSlopes& slopes, const Activation& x,
                            const NormState* x_state, const NormSlopes& x_slopes, NormWorkspace& workspace);

// dy over y from g and the slopes.
void norm_backward(const Activation& g, const Activation& y, const NormState& state, const NormSlopes& slopes);

// The stem: z = 3x3 stride 2 max pool (padding 1) of relu(bn(y)), y: [images][h][w][64]; taps
// [elements of z] remembers the inputs that won.
void norm_relu_pool(const Activation& y, int h, int w, const NormState& state, const Activation& z, uint8_t* taps);

// Backward through the stem: slopes from dz, then dy over y. The workspace holds one image a thread.
void norm_relu_pool_backward(const Activation& dz, const uint8_t* taps, const Activation& y, int h, int w,
                             const NormState& state, const NormSlopes& slopes, NormWorkspace& workspace);

}  // namespace a4j
