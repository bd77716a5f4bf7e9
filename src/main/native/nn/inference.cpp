#include "nn/inference.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include "nn/forward.h"

namespace a4j {

namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;

// The operators behind torch.compile's CPU back end; they have no C++ declaration in ATen.
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, at::IntArrayRef,
                             at::IntArrayRef, at::IntArrayRef, int64_t, c10::string_view, Scalars,
                             std::optional<c10::string_view>);
using PointwiseBinary = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                   const std::optional<at::Tensor>&, at::IntArrayRef, at::IntArrayRef,
                                   at::IntArrayRef, int64_t, c10::string_view, std::optional<at::Scalar>,
                                   std::optional<c10::string_view>, Scalars, std::optional<c10::string_view>);

template <typename Signature>
c10::TypedOperatorHandle<Signature> find(const char* overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_convolution_pointwise", overload).typed<Signature>();
}

constexpr double kEpsilon = 1e-5;

}  // namespace

Inference::Inference(const Model& model) : model_(model), stem_(fold(model.layout().stem)) {
  for (const Bottleneck& b : model.layout().blocks) {
    blocks_.push_back({fold(b.conv1), fold(b.conv2), fold(b.conv3), b.has_downsample ? fold(b.downsample) : Folded{},
                       b.has_downsample});
  }
}

Inference::Folded Inference::fold(const ConvNorm& c) const {
  at::Tensor scale = model_.tensor(c.weight + 1) / at::sqrt(model_.tensor(c.weight + 4) + kEpsilon);
  at::Tensor weight = model_.tensor(c.weight) * scale.view({-1, 1, 1, 1});
  at::Tensor bias = model_.tensor(c.weight + 2) - model_.tensor(c.weight + 3) * scale;
  return {weight.to(model_.dtype()).contiguous(at::MemoryFormat::ChannelsLast), bias.to(model_.dtype()), c.stride,
          c.kernel / 2};
}

at::Tensor Inference::run(const Folded& conv, const at::Tensor& x, bool relu) const {
  static const auto op = find<Pointwise>("");
  int64_t stride = conv.stride, padding = conv.padding, dilation = 1;
  return op.call(x, conv.weight, conv.bias, padding, stride, dilation, 1, relu ? "relu" : "none", Scalars(),
                 std::nullopt);
}

at::Tensor Inference::run_add_relu(const Folded& conv, const at::Tensor& x, const at::Tensor& other) const {
  static const auto op = find<PointwiseBinary>("binary");
  bool pixel = x.size(2) * x.size(3) == 1;  // of which that operator's sum fails
  if (pixel) return run(conv, x, false).add_(other).relu_();
  int64_t stride = conv.stride, padding = conv.padding, dilation = 1;
  return op.call(x, other, conv.weight, conv.bias, padding, stride, dilation, 1, "add", at::Scalar(1.0), "relu",
                 Scalars(), std::nullopt);
}

at::Tensor Inference::logits(const at::Tensor& images) const {
  at::Tensor x = at::max_pool2d(run(stem_, images, true), 3, 2, 1);
  for (const Block& b : blocks_) {
    at::Tensor identity = b.has_downsample ? run(b.downsample, x, false) : x;
    x = run_add_relu(b.conv3, run(b.conv2, run(b.conv1, x, true), true), identity);
  }
  return head_logits(model_, pooled_features(x), [this](int index) { return model_.tensor(index); });
}

}  // namespace a4j
