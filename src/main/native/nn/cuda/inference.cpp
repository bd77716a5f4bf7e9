#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "nn/batch.h"
#include "nn/cuda/flags.h"
#include "nn/cuda/network.h"
#include "nn/cuda/shortage.h"
#include "nn/cuda/upload.h"
#include "nn/gpu_inference.h"

namespace a4j {

namespace {

class CudaInference final : public GpuInference {
 public:
  explicit CudaInference(Model& model)
      : model_(model), stream_(c10::cuda::getStreamFromPool(false, model.device().index())), upload_(model.device()) {
    model.wait();  // a training step may still write the weights
    c10::cuda::CUDAStreamGuard on(stream_);
    network_ = std::make_unique<CudaNetwork>(model, at::Tensor());
  }

  void run(Batch& batch, int rows) override {
    c10::cuda::CUDAStreamGuard on(stream_);
    c10::AutoGradMode no_gradients(false);
    CudnnFlags flags;
    try {
      upload_.reserve(batch, rows);
      upload_.send(stream_, batch, rows, {});
      at::Tensor logits = network_->forward(upload_.images(batch, rows), /*training=*/false);
      at::from_blob(batch.logits(), {rows, A4J_OUTPUTS}).copy_(logits);
    } catch (const c10::Error& e) {
      if (!is_shortage(e)) throw;
      throw_shortage(model_, /*training=*/false, batch, rows, e);
    }
  }

 private:
  Model& model_;
  c10::cuda::CUDAStream stream_;
  Upload upload_;
  std::unique_ptr<CudaNetwork> network_;
};

}  // namespace

std::unique_ptr<GpuInference> gpu_inference(Model& model) { return std::make_unique<CudaInference>(model); }

}  // namespace a4j
