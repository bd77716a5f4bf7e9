#include "nn/inference.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sqrt.h>

#include <algorithm>
#include <cmath>

#include "nn/batch.h"
#include "nn/heads.h"
#include "nn/stem.h"
#include "ops/pool.h"

namespace a4j {

namespace {

constexpr double kEpsilon = 1e-5;

Source plain(const void* data) {
  Source s;
  s.data = data;
  return s;
}

Floats copied(const at::Tensor& t) { return {t.data_ptr<float>(), t.data_ptr<float>() + t.numel()}; }

}  // namespace

Inference::Inference(const Model& model)
    : model_(model), bf16_(model.dtype() == at::kBFloat16), stem_(fold(model.layout().stem)) {
  for (const Bottleneck& b : model.layout().blocks) {
    blocks_.push_back({fold(b.conv1), fold(b.conv2), fold(b.conv3), b.has_downsample ? fold(b.downsample) : Folded{},
                       b.has_downsample});
  }
  for (const Head& head : model.layout().heads) {
    ConvShape shape = head_shape(head, 0);
    heads_.push_back({shape, conv_pack(shape, false, model.data(head.weight)), copied(model.tensor(head.weight + 1))});
  }
  std::fill(identity_.scale.begin(), identity_.scale.end(), 1.0f);
}

Inference::Folded Inference::fold(const ConvNorm& c) const {
  at::Tensor scale = model_.tensor(c.weight + 1) / at::sqrt(model_.tensor(c.weight + 4) + kEpsilon);
  at::Tensor weight = model_.tensor(c.weight) * scale.view({-1, 1, 1, 1});
  at::Tensor bias = model_.tensor(c.weight + 2) - model_.tensor(c.weight + 3) * scale;
  ConvShape shape = c.kernel == 7 ? stem_shape(0, 0, 0) : ConvShape{0, 0, 0, c.in, c.out, c.kernel, c.stride};
  at::Tensor ohwi = weight.permute({0, 2, 3, 1}).contiguous();
  return {shape, conv_pack(shape, bf16_, ohwi.data_ptr<float>()), copied(bias)};
}

at::Tensor Inference::values(int64_t count) const { return at::empty({count}, model_.dtype()); }

// Takes memory for a batch, unless there is enough.
void Inference::prepare(int rows, int height, int width) {
  rows_ = rows;
  if (rows <= capacity_ && height == height_ && width == width_) return;
  capacity_ = 0;  // until all memory is there
  images_ = stem_images(rows, height, width);
  int64_t h = (height + 1) / 2, w = (width + 1) / 2, stem = rows * h * w * 64;
  h = (h + 1) / 2, w = (w + 1) / 2;
  taps_ = at::empty({rows * h * w * 64}, at::kByte);
  int64_t widest = stem, inner = 0;
  for (const Block& b : blocks_) {
    inner = std::max(inner, rows * h * w * b.conv1.shape.out);
    h = (h - 1) / b.conv2.shape.stride + 1, w = (w - 1) / b.conv2.shape.stride + 1;
    widest = std::max(widest, rows * h * w * b.conv3.shape.out);
  }
  for (at::Tensor& map : between_) map = values(widest);
  for (at::Tensor& map : inside_) map = values(inner);
  features_.resize(static_cast<size_t>(rows) * Layout::kFeatures);
  one_head_.resize(static_cast<size_t>(rows) * A4J_OUTPUTS);
  capacity_ = rows, height_ = height, width_ = width;
}

Inference::Map Inference::convolve(const Folded& conv, const Source& source, int height, int width, Finish finish,
                                   void* out) {
  ConvShape shape = conv.shape;
  shape.images = rows_, shape.height = height, shape.width = width;
  Epilogue e;
  e.kind = Epilogue::kBias;
  e.bias = conv.bias.data();
  e.accumulate = finish == kAddRelu;
  e.relu = finish != kPlain;
  conv_forward_packed(shape, bf16_, source, conv.packed.data(), out, e, nullptr, workspace_);
  return {out, shape.out_height(), shape.out_width()};
}

Inference::Map Inference::convolve(const Folded& conv, const Map& x, Finish finish, void* out) {
  return convolve(conv, plain(x.data), x.height, x.width, finish, out);
}

Inference::Map Inference::stem(const Batch& batch) {
  augment(rows_, batch.height, batch.width, batch.row_images(), batch.crops(), stem_target(images_));
  int h = (batch.height + 1) / 2, w = (batch.width + 1) / 2;
  Map y = convolve(stem_, stem_patches(images_, h, w), h, w, kRelu, between_[1].data_ptr());
  Map z{between_[0].data_ptr(), (h + 1) / 2, (w + 1) / 2};
  norm_relu_pool({y.data, bf16_, static_cast<int64_t>(rows_) * h * w, 64}, h, w, identity_,
                 {z.data, bf16_, static_cast<int64_t>(rows_) * z.height * z.width, 64}, taps_.data_ptr<uint8_t>());
  return z;
}

// Its output lies where what it adds to lay: that is one tensor less to write and to keep.
Inference::Map Inference::block(const Block& b, const Map& x) {
  Map y = convolve(b.conv2, convolve(b.conv1, x, kRelu, inside_[0].data_ptr()), kRelu, inside_[1].data_ptr());
  void* other = between_[x.data == between_[0].data_ptr() ? 1 : 0].data_ptr();
  Map identity = b.has_downsample ? convolve(b.downsample, x, kPlain, other) : x;
  return convolve(b.conv3, y, kAddRelu, identity.data);
}

void Inference::heads(const Map& z, Batch& batch) {
  int64_t pixels = static_cast<int64_t>(rows_) * z.height * z.width;
  average_pool({z.data, bf16_, pixels, Layout::kFeatures}, rows_, features_.data());
  std::fill_n(batch.logits(), static_cast<int64_t>(rows_) * A4J_OUTPUTS, NAN);
  for (size_t i = 0; i < heads_.size(); i++) {
    const Head& head = model_.layout().heads[i];
    conv_forward_packed(head_shape(head, rows_), false, plain(features_.data()), heads_[i].packed.data(),
                        one_head_.data(), head_bias(heads_[i].bias.data()), nullptr, workspace_);
    put_columns(head, rows_, one_head_.data(), batch.logits());
  }
}

void Inference::run(Batch& batch, int rows) {
  prepare(rows, batch.height, batch.width);
  Map x = stem(batch);
  for (const Block& b : blocks_) x = block(b, x);
  heads(x, batch);
}

}  // namespace a4j
