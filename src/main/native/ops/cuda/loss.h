// The fused multi-task loss on a GPU: values and logit gradients in one launch; see ops/loss.h.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/loss.h"

namespace a4j {
namespace cuda {

// Device pointers, the ones in labels too; shapes as multi_task_loss of ops/loss.h.
void multi_task_loss(cudaStream_t stream, int tasks, int rows, const float* logits, const Labels& labels,
                     const LossOptions& options, double* values, float* gradient);

}  // namespace cuda
}  // namespace a4j
