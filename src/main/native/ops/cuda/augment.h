// Gather, crop, bilinear resize, flip and normalisation in one launch; see ops/augment.h.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace a4j {
namespace cuda {

// Colours of an image on the GPU: red, green, blue and a zero, the fewest that cuDNN's tensor-core
// convolutions of the first layer take.
constexpr int kImageChannels = 4;

// Device pointers. images: uint8 [any number][height][width][3]; rows: which image each of `count` outputs is
// made of, null for 0, 1, 2 ..; crops [count][5] as in ops/augment.h. out: [count][height][width]
// [kImageChannels], bf16 or fp32.
void augment(cudaStream_t stream, int count, int height, int width, const uint8_t* images, const int64_t* rows,
             const float* crops, void* out, bool bf16);

}  // namespace cuda
}  // namespace a4j
