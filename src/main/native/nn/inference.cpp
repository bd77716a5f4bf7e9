#include "nn/inference.h"

#include <algorithm>
#include <cmath>

#include "nn/batch.h"
#include "nn/stem.h"
#include "ops/norm.h"

namespace a4j {

namespace {

constexpr double kEpsilon = 1e-5;

Source plain(const at::Tensor& t) {
  Source s;
  s.data = t.data_ptr();
  return s;
}

std::vector<float> values(const at::Tensor& t) { return {t.data_ptr<float>(), t.data_ptr<float>() + t.numel()}; }

}  // namespace

Inference::Inference(const Model& model)
    : model_(model), bf16_(model.dtype() == at::kBFloat16), stem_(fold(model.layout().stem)) {
  for (const Bottleneck& b : model.layout().blocks) {
    blocks_.push_back({fold(b.conv1), fold(b.conv2), fold(b.conv3), b.has_downsample ? fold(b.downsample) : Folded{},
                       b.has_downsample});
  }
  for (const Head& head : model.layout().heads) {
    ConvShape shape{0, 1, 1, Layout::kFeatures, head.outputs, 1, 1};
    heads_.push_back({shape, conv_pack(shape, model.tensor(head.weight).data_ptr<float>()),
                      values(model.tensor(head.weight + 1))});
  }
}

Inference::Folded Inference::fold(const ConvNorm& c) const {
  at::Tensor scale = model_.tensor(c.weight + 1) / at::sqrt(model_.tensor(c.weight + 4) + kEpsilon);
  at::Tensor weight = model_.tensor(c.weight) * scale.view({-1, 1, 1, 1});
  at::Tensor bias = model_.tensor(c.weight + 2) - model_.tensor(c.weight + 3) * scale;
  ConvShape shape = c.kernel == 7 ? stem_shape(0, 0, 0) : ConvShape{0, 0, 0, c.in, c.out, c.kernel, c.stride};
  at::Tensor ohwi = weight.permute({0, 2, 3, 1}).contiguous();
  return {shape, conv_pack(shape, ohwi.data_ptr<float>()), values(bias)};
}

at::Tensor Inference::pixels(int64_t count, int channels) const { return at::empty({count, channels}, model_.dtype()); }

Inference::Map Inference::convolve(const Folded& conv, const Source& source, int height, int width, bool relu,
                                   const Map* add) {
  ConvShape shape = conv.shape;
  shape.images = rows_, shape.height = height, shape.width = width;
  Map out{pixels(shape.out_pixels(), shape.out), shape.out_height(), shape.out_width()};
  Epilogue e;
  e.kind = Epilogue::kBias;
  e.bias = conv.bias.data();
  e.relu = relu;
  e.add = add ? add->data.data_ptr() : nullptr;
  conv_forward_packed(shape, bf16_, source, conv.packed.data(), out.data.data_ptr(), e, nullptr, workspace_);
  return out;
}

Inference::Map Inference::convolve(const Folded& conv, const Map& x, bool relu, const Map* add) {
  return convolve(conv, plain(x.data), x.height, x.width, relu, add);
}

Inference::Map Inference::stem(const Batch& batch) {
  at::Tensor images = stem_images(rows_, batch.height, batch.width);
  augment(rows_, batch.height, batch.width, batch.images(), batch.crops(), stem_target(images));
  int h = (batch.height + 1) / 2, w = (batch.width + 1) / 2;
  Map y = convolve(stem_, stem_patches(images, h, w), h, w, true);
  Map z{pixels(static_cast<int64_t>(rows_) * ((h + 1) / 2) * ((w + 1) / 2), 64), (h + 1) / 2, (w + 1) / 2};
  // The pool of the training step, with a norm that changes nothing.
  NormState identity(64);
  std::fill(identity.scale.begin(), identity.scale.end(), 1.0f);
  at::Tensor taps = at::empty({z.data.numel()}, at::kByte);
  norm_relu_pool({y.data.data_ptr(), bf16_, y.data.size(0), 64}, h, w, identity,
                 {z.data.data_ptr(), bf16_, z.data.size(0), 64}, taps.data_ptr<uint8_t>());
  return z;
}

void Inference::heads(const Map& z, Batch& batch) {
  at::Tensor features = z.data.view({rows_, -1, Layout::kFeatures}).to(at::kFloat).mean(1);
  at::Tensor logits = at::from_blob(batch.logits(), {rows_, A4J_OUTPUTS}).fill_(NAN);
  for (size_t i = 0; i < heads_.size(); i++) {
    const Head& head = model_.layout().heads[i];
    ConvShape shape = heads_[i].shape;
    shape.images = rows_;
    at::Tensor part = at::empty({rows_, head.outputs}, at::kFloat);
    Epilogue e;
    e.kind = Epilogue::kBias;
    e.bias = heads_[i].bias.data();
    conv_forward_packed(shape, false, plain(features), heads_[i].packed.data(), part.data_ptr(), e, nullptr, workspace_);
    logits.narrow(1, head.first_column, head.outputs).copy_(part);
  }
}

void Inference::run(Batch& batch, int rows) {
  rows_ = rows;
  Map x = stem(batch);
  for (const Block& b : blocks_) {
    Map identity = b.has_downsample ? convolve(b.downsample, x, false) : x;
    x = convolve(b.conv3, convolve(b.conv2, convolve(b.conv1, x, true), true), true, &identity);
  }
  heads(x, batch);
}

}  // namespace a4j
