// What the tests of the GPU's network and step share: the whole ResNet-50, tame as in gradient_test.cpp, which says
// why, and batches for it.
#pragma once

#include <ATen/TensorOperators.h>

#include <memory>

#include "check.h"
#include "include/affect4j.h"
#include "nn/batch.h"
#include "nn/model.h"
#include "ops/loss.h"

namespace a4j_test {

inline const a4j::LossOptions kLoss{
    {3.7807f, 19.9001f, 28.6127f, 29.0343f, 4.9983f, 11.9129f, 17.3384f, 3.6474f}, 1, false};

inline std::unique_ptr<a4j::Model> tame_model(int tasks, at::ScalarType dtype, at::Device device = at::kCPU) {
  auto model = std::make_unique<a4j::Model>(tasks, dtype, 11, device);
  for (const a4j::Bottleneck& block : model->layout().blocks) model->tensor(block.conv3.weight + 1).fill_(0.05);
  model->weights_changed();
  model->wait();
  return model;
}

inline void fill(a4j::Batch& batch, unsigned seed) {
  Random random(seed);
  auto* images = static_cast<uint8_t*>(batch.buffers[A4J_BATCH_IMAGES]);
  for (int64_t i = 0; i < batch.bytes[A4J_BATCH_IMAGES]; i++) images[i] = static_cast<uint8_t>(random());
  for (int row = 0; row < batch.capacity; row++) {
    const int i = row + static_cast<int>(seed);
    const float crop[5] = {float(i % 3), 0, float(batch.height - i % 3), float(batch.width), float(i % 2)};
    std::copy(crop, crop + 5, static_cast<float*>(batch.buffers[A4J_BATCH_CROPS]) + 5 * row);
    auto* va = static_cast<float*>(batch.buffers[A4J_BATCH_VA]);
    va[2 * row] = 0.3f * static_cast<float>(i % 5) - 0.6f;
    va[2 * row + 1] = i % 7 == 6 ? -5 : 0.8f - 0.4f * static_cast<float>(i % 4);
    static_cast<int8_t*>(batch.buffers[A4J_BATCH_EXPRESSION])[row] = static_cast<int8_t>(i % 9 - 1);
    auto* units = static_cast<int8_t*>(batch.buffers[A4J_BATCH_ACTION_UNITS]);
    for (int u = 0; u < 12; u++) units[12 * row + u] = static_cast<int8_t>((i + u) % 3 - 1);
  }
}

inline double relative(const at::Tensor& a, const at::Tensor& b) { return ((a - b).norm() / b.norm()).item<double>(); }

// Worst over tensors of the largest difference of two gradients relative to the tensor's largest.
inline double worst_tensor(const a4j::Layout& layout, const at::Tensor& ours, const at::Tensor& reference) {
  double worst = 0;
  for (const a4j::TensorSpec& spec : layout.tensors) {
    if (!spec.trainable()) continue;
    at::Tensor a = ours.narrow(0, spec.offset, spec.elements()), b = reference.narrow(0, spec.offset, spec.elements());
    worst = std::max(worst, error(a.data_ptr<float>(), b.data_ptr<float>(), a.numel(), 1e-12));
  }
  return worst;
}

// Of inference: the largest difference of logits relative to the largest one. The expressions' must be absent, NaN.
inline double logits_error(const float* ours, const float* reference, int rows) {
  std::vector<float> a, b;
  bool absent = true;
  for (int i = 0; i < rows * A4J_OUTPUTS; i++) {
    bool expression = i % A4J_OUTPUTS >= 2 && i % A4J_OUTPUTS < 10;
    absent = absent && std::isnan(ours[i]) == expression;
    if (expression) continue;
    a.push_back(ours[i]);
    b.push_back(reference[i]);
  }
  check(absent, "logits of the absent head, and only those, are NaN");
  return error(a.data(), b.data(), static_cast<int64_t>(a.size()));
}

}  // namespace a4j_test
