// Forward, losses and backward of a step on the device, alone or as one of several ranks. Knows no graph, no copies and
// no NCCL, so that the emulation on the CPU runs it.
#pragma once

#include "nn/cuda/network.h"
#include "ops/cuda/loss.h"
#include "ops/loss.h"

namespace a4j {

// The other ranks' side of it; the pointers are the device's.
struct DevicePeers {
  NetworkPeers network;
  cuda::Share share;
  double* totals;  // [cuda::totals_size(share.world)]
};

// Enqueues on the current stream. values: [A4J_LOSS_VALUES]. With peers, they and the gradient that the network writes
// are the whole batch's, as the totals are.
void enqueue_gradient(CudaNetwork& network, int tasks, const GpuImages& images, const Labels& labels,
                      const LossOptions& options, const DevicePeers* peers, double* values);

}  // namespace a4j
