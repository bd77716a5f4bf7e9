#include "train/cuda/gradient.h"

#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAStream.h>

namespace a4j {

void enqueue_gradient(CudaNetwork& network, int tasks, const GpuImages& images, const Labels& labels,
                      const LossOptions& options, const DevicePeers* peers, double* values) {
  cudaStream_t stream = c10::cuda::getCurrentCUDAStream();
  at::Tensor logits = network.forward(images, /*training=*/true, peers != nullptr ? peers->network : NetworkPeers());
  at::Tensor slope = at::empty_like(logits);
  const float* z = logits.data_ptr<float>();
  if (peers == nullptr) {
    cuda::multi_task_loss(stream, tasks, images.count, z, labels, options, values, slope.data_ptr<float>());
  } else {
    DeviceSums& ranks = *peers->network.sums;
    cuda::batch_totals(stream, tasks, images.count, z, labels, options, peers->share, peers->totals);
    ranks.sum(stream, peers->totals, cuda::totals_size(peers->share.world));
    cuda::multi_task_loss(stream, tasks, images.count, z, labels, options, peers->share, peers->totals, values,
                          slope.data_ptr<float>());
    ranks.sum(stream, values, A4J_LOSS_VALUES);
  }
  network.backward(slope);
}

}  // namespace a4j
