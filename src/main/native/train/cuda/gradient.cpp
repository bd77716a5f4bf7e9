#include "train/cuda/gradient.h"

#include <c10/cuda/CUDAStream.h>

namespace a4j {

void enqueue_gradient(CudaNetwork& network, int tasks, const GpuImages& images, const Labels& labels,
                      const LossOptions& options, const DevicePeers* peers, at::Tensor& gradient, double* values) {
  cudaStream_t stream = c10::cuda::getCurrentCUDAStream();
  at::Tensor logits = network.forward(images, /*training=*/true), slope = at::empty_like(logits);
  const float* z = logits.data_ptr<float>();
  if (peers == nullptr) {
    cuda::multi_task_loss(stream, tasks, images.count, z, labels, options, values, slope.data_ptr<float>());
    return network.backward(slope);
  }
  cuda::batch_totals(stream, tasks, images.count, z, labels, options, peers->share, peers->totals);
  peers->sums.sum(stream, peers->totals, cuda::totals_size(peers->share.world));
  cuda::multi_task_loss(stream, tasks, images.count, z, labels, options, peers->share, peers->totals, values,
                        slope.data_ptr<float>());
  peers->sums.sum(stream, values, A4J_LOSS_VALUES);
  network.backward(slope);
  peers->sums.sum(stream, gradient.data_ptr<float>(), gradient.numel());
}

}  // namespace a4j
