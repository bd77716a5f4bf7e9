#include "nn/model.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "device/cpu/denormals.h"
#include "device/gpu.h"
#include "nn/batch.h"
#include "nn/gpu_inference.h"
#include "nn/inference.h"
#include "nn/init.h"

namespace a4j {

Model::Model(int tasks, at::ScalarType dtype, uint64_t seed, at::Device device)
    : layout_(tasks),
      dtype_(dtype),
      parameters_(at::zeros({layout_.parameter_count}, at::kFloat)),
      statistics_(at::zeros({layout_.statistic_count}, at::kFloat)) {
  if (!device.is_cpu()) require_gpu(device.index());
  for (size_t i = 0; i < layout_.tensors.size(); i++) {
    const TensorSpec& spec = layout_.tensors[i];
    initialise(spec, seed, i, tensor(static_cast<int>(i)).data_ptr<float>());
  }
  if (device.is_cpu()) return;
  parameters_ = parameters_.to(device);
  statistics_ = statistics_.to(device);
}

Model::~Model() = default;

at::Tensor Model::view(const at::Tensor& flat, int index) const {
  const TensorSpec& spec = layout_.tensors[index];
  at::IntArrayRef shape(spec.shape.data(), spec.rank);
  at::Tensor part = flat.narrow(0, spec.offset, spec.elements());
  if (spec.rank < 4) return part.view(shape);
  return part.view({shape[0], shape[2], shape[3], shape[1]}).permute({0, 3, 1, 2});
}

at::Tensor Model::tensor(int index) const {
  return view(layout_.tensors[index].trainable() ? parameters_ : statistics_, index);
}

float* Model::data(int index) const {
  const TensorSpec& spec = layout_.tensors[index];
  return (spec.trainable() ? parameters_ : statistics_).data_ptr<float>() + spec.offset;
}

void Model::weights_changed() {
  version_++;
  inference_.reset();
  gpu_inference_.reset();
}

void Model::wait() const {
  if (on_gpu()) wait_for_gpu(device().index());
}

void Model::predict(Batch& batch, int rows) {
  c10::AutoGradMode no_gradients(false);
  if (on_gpu()) {
    if (gpu_inference_ == nullptr) gpu_inference_ = gpu_inference(*this);
    return gpu_inference_->run(batch, rows);
  }
  FlushDenormals flush;
  if (inference_ == nullptr) inference_ = std::make_unique<Inference>(*this);
  inference_->run(batch, rows);
}

}  // namespace a4j
