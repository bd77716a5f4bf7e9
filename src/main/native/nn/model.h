// Weights of a ResNet-50 with heads, and inference.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "nn/layout.h"

namespace a4j {

struct Batch;
class GpuInference;
class Inference;

class Model {
 public:
  // Random weights as torchvision's resnet50(weights=None) and torch.nn.Linear draw them; a function
  // of the seed alone (not of threads or device). dtype: kFloat or kBFloat16. Throws Unsupported if the
  // device is a GPU that this build or machine lacks.
  Model(int tasks, at::ScalarType dtype, uint64_t seed, at::Device device = at::kCPU);
  ~Model();

  const Layout& layout() const { return layout_; }
  at::ScalarType dtype() const { return dtype_; }
  at::Device device() const { return parameters_.device(); }
  bool on_gpu() const { return !device().is_cpu(); }

  // Flat fp32 master weights. Convolution weights are stored OHWI (channels_last).
  at::Tensor& parameters() { return parameters_; }

  // Flat fp32 running statistics of the batch norms.
  at::Tensor& statistics() { return statistics_; }

  // Tensor `index` as a view of `flat`, a buffer laid out like parameters(): torchvision's shape,
  // channels_last strides.
  at::Tensor view(const at::Tensor& flat, int index) const;

  // Master weight or running statistic `index`.
  at::Tensor tensor(int index) const;

  // Where that tensor begins in its flat buffer; convolutions OHWI. Makes no view, so allocates nothing.
  float* data(int index) const;

  // Must be called after any change of the masters or statistics; version() counts the calls.
  void weights_changed();
  int64_t version() const { return version_; }

  // Waits until the GPU has done all that was asked of it; nothing to do on the CPU.
  void wait() const;

  // Logits of the batch's first `rows` rows into its logits buffer, with running statistics.
  void predict(Batch& batch, int rows);

 private:
  Layout layout_;
  at::ScalarType dtype_;
  at::Tensor parameters_;
  at::Tensor statistics_;
  int64_t version_ = 0;
  std::unique_ptr<Inference> inference_;  // absent when stale, and on a GPU
  std::unique_ptr<GpuInference> gpu_inference_;
};

}  // namespace a4j
