// The network for inference: batch norms folded into the convolutions, bias, ReLU and residual add
// in the convolutions' epilogues (oneDNN post-ops).
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "nn/model.h"

namespace a4j {

class Inference {
 public:
  // Folds the model's present weights; a later change of them needs a new object.
  explicit Inference(const Model& model);

  // images: fp32 or bf16 as the model, [n, 3, h, w] channels_last. Returns logits as forward() does.
  at::Tensor logits(const at::Tensor& images) const;

 private:
  struct Folded {
    at::Tensor weight, bias;
    int stride, padding;
  };
  struct Block {
    Folded conv1, conv2, conv3, downsample;
    bool has_downsample;
  };

  Folded fold(const ConvNorm& c) const;
  at::Tensor run(const Folded& conv, const at::Tensor& x, bool relu) const;
  at::Tensor run_add_relu(const Folded& conv, const at::Tensor& x, const at::Tensor& other) const;

  const Model& model_;
  Folded stem_;
  std::vector<Block> blocks_;
};

}  // namespace a4j
