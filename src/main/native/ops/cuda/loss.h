// The fused multi-task loss on a GPU: values and logit gradients in one launch; see ops/loss.h.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "ops/loss.h"

namespace a4j {
namespace cuda {

// Device pointers, the ones in labels too; shapes as multi_task_loss of ops/loss.h.
void multi_task_loss(cudaStream_t stream, int tasks, int rows, const float* logits, const Labels& labels,
                     const LossOptions& options, double* values, float* gradient);

// A rank's place among those that share a batch out.
struct Share {
  int rank, world;
  const double* wish;  // on the device: 1 if this rank wishes to stop, else 0
};

// Totals of a shared batch as doubles: labelled expressions, the sum of their class weights, labelled action units,
// ranks that wish to stop; then for each rank the moments of valence and of arousal.
constexpr int kTotalSums = 4, kStopWishes = 3, kRankMoments = 2 * kMoments;
A4J_MATH int64_t totals_size(int world) { return kTotalSums + static_cast<int64_t>(world) * kRankMoments; }

// This rank's part of the totals, which the sum over all ranks completes: 0 in the other ranks' places.
void batch_totals(cudaStream_t stream, int tasks, int rows, const float* logits, const Labels& labels,
                  const LossOptions& options, const Share& share, double* totals);

// The losses of this rank's rows as a part of the batch that the totals describe. The sum of the ranks' values is the
// whole batch's.
void multi_task_loss(cudaStream_t stream, int tasks, int rows, const float* logits, const Labels& labels,
                     const LossOptions& options, const Share& share, const double* totals, double* values,
                     float* gradient);

}  // namespace cuda
}  // namespace a4j
