#include "nn/forward.h"

#include <ATen/ATen.h>

#include "include/affect4j.h"

namespace a4j {

namespace {

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;

struct Network {
  const Model& model;
  bool training;
  const TensorOf& conv_weight;
  const TensorOf& parameter;

  at::Tensor conv_norm(const at::Tensor& x, const ConvNorm& c) const {
    at::Tensor y = at::conv2d(x, conv_weight(c.weight), {}, c.stride, c.kernel / 2);
    return at::batch_norm(y, parameter(c.weight + 1), parameter(c.weight + 2), model.tensor(c.weight + 3),
                          model.tensor(c.weight + 4), training, kMomentum, kEpsilon, /*cudnn_enabled=*/true);
  }

  at::Tensor bottleneck(const at::Tensor& x, const Bottleneck& b) const {
    at::Tensor y = at::relu(conv_norm(x, b.conv1));
    y = at::relu(conv_norm(y, b.conv2));
    y = conv_norm(y, b.conv3);
    return at::relu(y + (b.has_downsample ? conv_norm(x, b.downsample) : x));
  }

  at::Tensor features(const at::Tensor& images) const {
    at::Tensor x = at::relu(conv_norm(images, model.layout().stem));
    x = at::max_pool2d(x, 3, 2, 1);
    for (const Bottleneck& block : model.layout().blocks) x = bottleneck(x, block);
    return pooled_features(x);
  }
};

}  // namespace

at::Tensor forward(const Model& model, const at::Tensor& images, bool training, const TensorOf& conv_weight,
                   const TensorOf& parameter) {
  Network network{model, training, conv_weight, parameter};
  return head_logits(model, network.features(images), parameter);
}

at::Tensor pooled_features(const at::Tensor& z) { return z.to(at::kFloat).mean(at::IntArrayRef{2, 3}); }

at::Tensor head_logits(const Model& model, const at::Tensor& features, const TensorOf& parameter) {
  std::vector<at::Tensor> columns;
  int next = 0;
  auto pad_to = [&](int column) {
    if (column > next) columns.push_back(at::full({features.size(0), column - next}, NAN, features.options()));
  };
  for (const Head& head : model.layout().heads) {
    pad_to(head.first_column);
    columns.push_back(at::linear(features, parameter(head.weight), parameter(head.weight + 1)));
    next = head.first_column + head.outputs;
  }
  pad_to(A4J_OUTPUTS);
  return at::cat(columns, 1);
}

}  // namespace a4j
