// The explicit step: forward and backward over the fixed network, without autograd. Convolutions are
// libtorch's (oneDNN); everything between them is one pass each (ops/norm.h). Gradients land in the
// flat buffer. autograd_gradient computes the same and is its oracle.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <memory>
#include <tuple>
#include <vector>

#include "nn/forward.h"
#include "ops/norm.h"
#include "train/gradient.h"

namespace a4j {

namespace {

Activation activation(const at::Tensor& t) {
  return {t.data_ptr(), t.scalar_type() == at::kBFloat16, t.size(0) * t.size(2) * t.size(3),
          static_cast<int>(t.size(1))};
}

at::Tensor empty_like_nhwc(const at::Tensor& t) { return at::empty_like(t, at::MemoryFormat::ChannelsLast); }

// A convolution and its batch norm: what forward leaves for backward.
struct Unit {
  explicit Unit(const ConvNorm& c) : conv(c), state(c.out) {}

  ConvNorm conv;
  NormState state;
  at::Tensor x, y;  // input and raw output; backward turns y into its own gradient
};

struct Block {
  explicit Block(const Bottleneck& b)
      : unit1(b.conv1), unit2(b.conv2), unit3(b.conv3), downsample(b.downsample), has_downsample(b.has_downsample) {}

  Unit unit1, unit2, unit3, downsample;
  bool has_downsample;
  at::Tensor z;  // output
};

// The gradient by an activation that two paths share; `second` may be undefined.
struct Slopes {
  at::Tensor first, second;
};

class FusedGradient final : public Gradient {
 public:
  FusedGradient(Model& model, const LossOptions& options) : model_(model), options_(options), stem_(model.layout().stem) {
    for (const Bottleneck& block : model.layout().blocks) blocks_.emplace_back(block);
  }

  void compute(const Batch& batch, int rows, double* values, at::Tensor& gradient) override {
    c10::AutoGradMode no_gradients(false);
    gradient_ = gradient;
    at::Tensor x = forward_stem(normalised_images(batch, rows).to(model_.dtype()));
    for (Block& block : blocks_) x = forward_block(block, x);
    Slopes slopes = heads(x, batch, rows, values);
    for (size_t i = blocks_.size(); i-- > 0;) slopes = backward_block(blocks_[i], slopes);
    backward_stem(slopes);
  }

 private:
  // Runs the convolution and takes the statistics of its output.
  void forward_unit(Unit& unit, const at::Tensor& x) {
    const ConvNorm& c = unit.conv;
    unit.x = x;
    unit.y = at::conv2d(x, model_.working(c.weight), {}, c.stride, c.kernel / 2);
    NormParameters parameters{model_.tensor(c.weight + 1).data_ptr<float>(), model_.tensor(c.weight + 2).data_ptr<float>(),
                              model_.tensor(c.weight + 3).data_ptr<float>(), model_.tensor(c.weight + 4).data_ptr<float>()};
    norm_statistics(activation(unit.y), parameters, unit.state, workspace_);
  }

  at::Tensor forward_relu(Unit& unit, const at::Tensor& x) {
    forward_unit(unit, x);
    at::Tensor z = empty_like_nhwc(unit.y);
    norm_relu(activation(unit.y), unit.state, activation(z));
    return z;
  }

  at::Tensor forward_stem(const at::Tensor& images) {
    forward_unit(stem_, images);
    const at::Tensor& y = stem_.y;
    at::Tensor z = at::empty({y.size(0), y.size(1), (y.size(2) + 1) / 2, (y.size(3) + 1) / 2}, y.options(),
                             at::MemoryFormat::ChannelsLast);
    taps_ = at::empty({z.numel()}, at::kByte);
    norm_relu_pool(activation(y), y.size(2), y.size(3), stem_.state, activation(z), taps_.data_ptr<uint8_t>());
    return z;
  }

  at::Tensor forward_block(Block& block, const at::Tensor& x) {
    at::Tensor z = forward_relu(block.unit1, x);
    z = forward_relu(block.unit2, z);
    forward_unit(block.unit3, z);
    const Unit& last = block.unit3;
    block.z = empty_like_nhwc(last.y);
    if (block.has_downsample) {
      forward_unit(block.downsample, x);
      norm_add_norm_relu(activation(last.y), last.state, activation(block.downsample.y), block.downsample.state,
                         activation(block.z));
    } else {
      norm_add_relu(activation(last.y), last.state, activation(x), activation(block.z));
    }
    return block.z;
  }

  // Average pool, linear heads and losses, forward and backward.
  Slopes heads(const at::Tensor& z, const Batch& batch, int rows, double* values) {
    at::Tensor features = pooled_features(z);
    at::Tensor logits = head_logits(model_, features, [this](int index) { return model_.tensor(index); });
    at::Tensor slope = at::empty_like(logits);
    Labels labels{batch.va(), batch.expression(), batch.action_units()};
    multi_task_loss(model_.layout().tasks, rows, logits.data_ptr<float>(), labels, options_, values,
                    slope.data_ptr<float>());
    at::Tensor by_features = backward_heads(features, slope);
    int64_t area = z.size(2) * z.size(3);
    at::Tensor by_z = by_features.div_(static_cast<double>(area)).to(z.scalar_type());
    return {by_z.view({rows, Layout::kFeatures, 1, 1}).expand_as(z).contiguous(at::MemoryFormat::ChannelsLast), {}};
  }

  at::Tensor backward_heads(const at::Tensor& features, const at::Tensor& slope) {
    at::Tensor by_features = at::zeros_like(features);
    for (const Head& head : model_.layout().heads) {
      at::Tensor part = slope.narrow(1, head.first_column, head.outputs);
      model_.view(gradient_, head.weight).copy_(at::mm(part.t(), features));
      model_.view(gradient_, head.weight + 1).copy_(part.sum(0));
      by_features.addmm_(part, model_.tensor(head.weight));
    }
    return by_features;
  }

  NormSlopes norm_slopes(const Unit& unit) {
    return {model_.view(gradient_, unit.conv.weight + 1).data_ptr<float>(),
            model_.view(gradient_, unit.conv.weight + 2).data_ptr<float>()};
  }

  // From dy (in unit.y): the weight's gradient, and the input's unless it is the image.
  at::Tensor backward_conv(Unit& unit, bool by_input = true) {
    const ConvNorm& c = unit.conv;
    int64_t padding = c.kernel / 2;
    auto [dx, dw, db] = at::convolution_backward(unit.y, unit.x, model_.working(c.weight), c10::nullopt, {c.stride, c.stride},
                                                 {padding, padding}, {1, 1}, false, {0, 0}, 1, {by_input, true, false});
    model_.view(gradient_, c.weight).copy_(dw);
    unit.x.reset();
    unit.y.reset();
    return dx;
  }

  at::Tensor backward_relu(Unit& unit, const at::Tensor& dz) {
    norm_relu_backward(activation(dz), activation(unit.y), unit.state, norm_slopes(unit), workspace_);
    return backward_conv(unit);
  }

  // Gradient by a unit's input from g behind its norm.
  at::Tensor backward_plain(Unit& unit, const at::Tensor& g) {
    norm_backward(activation(g), activation(unit.y), unit.state, norm_slopes(unit));
    return backward_conv(unit);
  }

  Slopes backward_block(Block& block, const Slopes& dz) {
    Unit &last = block.unit3, &down = block.downsample;
    bool two = block.has_downsample;
    at::Tensor g = std::move(block.z);
    Activation none{nullptr, false, 0, 0};
    residual_relu_backward(activation(dz.first), dz.second.defined() ? activation(dz.second) : none, activation(g),
                           activation(last.y), last.state, norm_slopes(last), two ? activation(down.y) : none,
                           two ? &down.state : nullptr, two ? norm_slopes(down) : NormSlopes{}, workspace_);
    at::Tensor d = backward_plain(last, g);
    d = backward_relu(block.unit2, d);
    d = backward_relu(block.unit1, d);
    return {d, two ? backward_plain(down, g) : g};
  }

  void backward_stem(const Slopes& slopes) {
    at::Tensor dz = slopes.first.add_(slopes.second);
    norm_relu_pool_backward(activation(dz), taps_.data_ptr<uint8_t>(), activation(stem_.y), stem_.y.size(2),
                            stem_.y.size(3), stem_.state, norm_slopes(stem_), workspace_);
    backward_conv(stem_, /*by_input=*/false);
  }

  Model& model_;
  LossOptions options_;
  Unit stem_;
  std::vector<Block> blocks_;
  at::Tensor taps_;
  at::Tensor gradient_;
  NormWorkspace workspace_;
};

}  // namespace

std::unique_ptr<Gradient> fused_gradient(Model& model, const LossOptions& options) {
  return std::make_unique<FusedGradient>(model, options);
}

}  // namespace a4j
