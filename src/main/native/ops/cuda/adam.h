// Adam on a GPU: one launch over flat buffers; see ops/adam.h.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/math/adam.h"
#include "ops/math/bf16.h"

namespace a4j {
namespace cuda {

// Device pointers, `count` elements each; count is a multiple of 4. step: in device memory, since a
// captured step is replayed with new values. copy: the weights in bf16, null for none.
void adam(cudaStream_t stream, const AdamStep* step, int64_t count, const float* gradient, float* m, float* v,
          float* weights, bf16* copy);

}  // namespace cuda
}  // namespace a4j
