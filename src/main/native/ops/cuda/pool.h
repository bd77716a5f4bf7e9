// The stem's 3x3 stride 2 max pool with padding 1 on a GPU; see ops/norm.h. Activations are NHWC.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/cuda/norm.h"

namespace a4j {
namespace cuda {

// z = max pool of relu(bn(y)); y: images of h x w; taps [elements of z]: which of the 9 inputs won,
// 9 if none is above 0.
void norm_relu_pool(cudaStream_t stream, const Activation& y, int h, int w, const Norm& norm, const Activation& z,
                    uint8_t* taps);

// g = the gradient in front of the pool and the ReLU, from dz + dz2; slopes and a, b, k of y's norm.
void unpool_slopes(cudaStream_t stream, const Activation& dz, const Activation& dz2, const uint8_t* taps,
                   const Activation& y, int h, int w, const Norm& norm, const Activation& g,
                   const TileScratch& scratch);

}  // namespace cuda
}  // namespace a4j
