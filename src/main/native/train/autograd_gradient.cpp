#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include "nn/forward.h"
#include "train/gradient.h"

namespace a4j {

namespace {

class AutogradGradient final : public Gradient {
 public:
  AutogradGradient(Model& model, const LossOptions& options) : model_(model), options_(options) {}

  void compute(const Batch& batch, int rows, double* values, at::Tensor& gradient) override {
    std::vector<at::Tensor> leaves = trainable_leaves();
    auto parameter = [&](int index) { return leaves[index]; };
    auto conv_weight = [&](int index) { return leaves[index].to(model_.dtype()); };
    at::Tensor images = normalised_images(batch, rows).to(model_.dtype());
    at::Tensor logits = forward(model_, images, /*training=*/true, conv_weight, parameter);
    at::Tensor slope = at::empty({rows, A4J_OUTPUTS}, at::kFloat);
    Labels labels{batch.va(), batch.expression(), batch.action_units()};
    if (peers != nullptr) peers->begin(gradient);
    shared_loss(peers, model_.layout().tasks, rows, logits.data_ptr<float>(), labels, options_, values,
                slope.data_ptr<float>());
    backward(logits, slope, leaves, gradient);
    if (peers != nullptr) peers->final_from(0);
  }

 private:
  // Views of the masters that autograd treats as its inputs; undefined for running statistics.
  std::vector<at::Tensor> trainable_leaves() {
    std::vector<at::Tensor> leaves(model_.layout().tensors.size());
    for (size_t i = 0; i < leaves.size(); i++) {
      if (model_.layout().tensors[i].trainable()) leaves[i] = model_.tensor(i).detach().requires_grad_();
    }
    return leaves;
  }

  void backward(const at::Tensor& logits, const at::Tensor& slope, const std::vector<at::Tensor>& leaves,
                at::Tensor& gradient) {
    std::vector<at::Tensor> inputs;
    std::vector<int> indices;
    for (size_t i = 0; i < leaves.size(); i++) {
      if (!leaves[i].defined()) continue;
      inputs.push_back(leaves[i]);
      indices.push_back(static_cast<int>(i));
    }
    std::vector<at::Tensor> slopes = torch::autograd::grad({logits}, inputs, {slope});
    for (size_t i = 0; i < slopes.size(); i++) model_.view(gradient, indices[i]).copy_(slopes[i]);
  }

  Model& model_;
  LossOptions options_;
};

}  // namespace

std::unique_ptr<Gradient> autograd_gradient(Model& model, const LossOptions& options) {
  return std::make_unique<AutogradGradient>(model, options);
}

}  // namespace a4j
