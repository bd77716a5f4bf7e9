// The network in ATen operations: what autograd differentiates, and the oracle of the fused step.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "nn/model.h"

namespace a4j {

using TensorOf = std::function<at::Tensor(int index)>;

// images: [n, 3, h, w] channels_last in the dtype of the convolution weights. Pooled features and
// heads are fp32. Returns logits fp32 [n, A4J_OUTPUTS], NaN in the columns of absent heads.
// conv_weight gives convolution weights, parameter the fp32 weights of norms and heads. In training,
// batch statistics are used and the model's running statistics updated (momentum 0.1, as torch).
at::Tensor forward(const Model& model, const at::Tensor& images, bool training, const TensorOf& conv_weight,
                   const TensorOf& parameter);

// The parts behind the backbone: global average pool of z [n, 2048, h, w] in fp32, and the heads.
at::Tensor pooled_features(const at::Tensor& z);
at::Tensor head_logits(const Model& model, const at::Tensor& features, const TensorOf& parameter);

}  // namespace a4j
