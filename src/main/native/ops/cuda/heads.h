// Average pool and linear heads on a GPU, forward and backward, fp32 from the pooled features on.
#pragma once

#include <cuda_runtime_api.h>

#include "include/affect4j.h"
#include "ops/norm.h"

namespace a4j {
namespace cuda {

// Device pointers of each output's weights [features] and bias [1], null where the model has no such
// head; and of their slopes.
struct Heads {
  const float* weight[A4J_OUTPUTS];
  const float* bias[A4J_OUTPUTS];
  float* weight_slope[A4J_OUTPUTS];
  float* bias_slope[A4J_OUTPUTS];
};

// z: [images][area][channels]. features: [images][channels], the mean over the area; logits: [images]
// [A4J_OUTPUTS], NaN in the columns of absent heads.
void heads_forward(cudaStream_t stream, const Activation& z, int images, const Heads& heads, float* features,
                   float* logits);

// From the gradient by the logits: the slopes, and dz, the gradient by z.
void heads_backward(cudaStream_t stream, const float* gradient, const float* features, int images, const Heads& heads,
                    const Activation& dz);

}  // namespace cuda
}  // namespace a4j
