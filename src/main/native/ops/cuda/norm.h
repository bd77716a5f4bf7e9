// Batch normalisation in training on a GPU: ops/norm.h's formulas on device pointers. Activations are
// NHWC as [rows][channels], fp32 or bf16, with channels a power of two times 64 or less than 64 vectors.
// Results do not depend on scheduling. Nothing waits.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/cuda/scratch.h"
#include "ops/norm.h"

namespace a4j {
namespace cuda {

// One batch norm, all device pointers to [channels] floats: parameters, running statistics, what
// forward leaves for backward (mean .. shift), backward's dy = a g + b y + k, and the slopes. Then, if not null,
// [norm_sums(channels)]: a reduction leaves there what is to be summed over ranks, instead of mean .. shift or a, b, k.
struct Norm {
  const float *weight, *bias;
  float *running_mean, *running_var;
  float *mean, *inverse_deviation, *scale, *shift;
  float *a, *b, *k;
  float *weight_slope, *bias_slope;
  double* sums;
};

// Two sums a channel, and the number of rows.
constexpr int64_t norm_sums(int64_t channels) { return 2 * channels + 1; }

// mean .. shift from the batch y; updates the running statistics.
void norm_statistics(cudaStream_t stream, const Activation& y, const Norm& norm, const TileScratch& scratch);

// What norm_statistics, or the reductions of backward, would have written of all ranks' rows, from norm.sums after
// the sum over ranks.
void norm_statistics_of_sums(cudaStream_t stream, int channels, const Norm& norm);
void norm_coefficients_of_sums(cudaStream_t stream, int channels, const Norm& norm);

// scale and shift from the running statistics, for inference.
void norm_running_scale(cudaStream_t stream, int channels, const Norm& norm);

// z = relu(bn(y)).
void norm_relu(cudaStream_t stream, const Activation& y, const Norm& norm, const Activation& z);

// z = relu(bn(y) + x), or, with x_norm, relu(bn(y) + bn'(x)).
void norm_add_relu(cudaStream_t stream, const Activation& y, const Norm& norm, const Activation& x, const Norm* x_norm,
                   const Activation& z);

// Backward of relu(bn(y)) in two passes: slopes and a, b, k from dz; then dy, which may be y's or dz's memory.
void norm_relu_slopes(cudaStream_t stream, const Activation& dz, const Activation& y, const Norm& norm,
                      const TileScratch& scratch);
void norm_relu_backward(cudaStream_t stream, const Activation& dz, const Activation& y, const Norm& norm,
                        const Activation& dy);

// Backward through a block's last ReLU: g = dz + dz2 where z > 0, else 0 (dz2.data may be null; g may be
// dz's memory). Slopes and a, b, k of y's norm and, if y2.data is not null, of y2's.
void residual_relu_slopes(cudaStream_t stream, const Activation& dz, const Activation& dz2, const Activation& z,
                          const Activation& g, const Activation& y, const Norm& norm, const Activation& y2,
                          const Norm& norm2, const TileScratch& scratch);

// dy = a g + b y + k; dy may be y's memory.
void norm_backward(cudaStream_t stream, const Activation& g, const Activation& y, const Norm& norm,
                   const Activation& dy);

}  // namespace cuda
}  // namespace a4j
