// The explicit step: forward and backward over the fixed network, on our own convolutions. Only raw
// convolution outputs y and block outputs z are kept; relu(bn(y)) exists only while a convolution
// reads it, and so do the gradients by y. Memory is taken for a batch size once, and then reused: a step
// allocates nothing (allocation_test), so it makes no tensor, nor a view of one.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "nn/heads.h"
#include "nn/stem.h"
#include "ops/augment.h"
#include "ops/conv.h"
#include "ops/norm.h"
#include "ops/pool.h"
#include "train/gradient.h"

namespace a4j {

namespace {

// A convolution and its batch norm.
struct Unit {
  Unit(const Layout& layout, const ConvNorm& c) : weight(c.weight), shape{0, 0, 0, c.in, c.out, c.kernel, c.stride}, state(c.out) {
    if (c.out > 0) name = layout.tensors[c.weight].name.substr(0, layout.tensors[c.weight].name.rfind('.'));
  }

  std::string name;  // torchvision's, such as layer1.0.conv1
  int weight;  // index of the convolution's tensor; the norm's follow
  ConvShape shape;
  NormState state;
  at::Tensor y;  // raw output [pixels][channels]
};

struct Block {
  Block(const Layout& layout, const Bottleneck& b)
      : unit1(layout, b.conv1),
        unit2(layout, b.conv2),
        unit3(layout, b.conv3),
        downsample(layout, b.downsample),
        has_downsample(b.has_downsample) {}

  Unit unit1, unit2, unit3, downsample;
  bool has_downsample;
  at::Tensor z;  // output [pixels][channels]
};

Source plain(const void* data) {
  Source s;
  s.data = data;
  return s;
}

// relu(bn(y)).
Source output(const Unit& unit) {
  Source s = plain(unit.y.data_ptr());
  s.kind = Source::kNormRelu;
  s.scale = unit.state.scale.data();
  s.shift = unit.state.shift.data();
  return s;
}

// dy from the gradient behind the norm, or, with relu, behind the ReLU.
Source gradient(const Unit& unit, const Activation& g, bool relu) {
  Source s = output(unit);
  s.kind = relu ? Source::kNormReluBackward : Source::kNormBackward;
  s.data = g.data;
  s.y = unit.y.data_ptr();
  s.a = unit.state.a.data();
  s.b = unit.state.b.data();
  s.k = unit.state.k.data();
  return s;
}

// Takes the sums that the backward of relu(bn(y)) needs.
Epilogue into_relu(const Unit& unit) {
  Epilogue e;
  e.kind = Epilogue::kNormRelu;
  e.y = unit.y.data_ptr();
  e.scale = unit.state.scale.data();
  e.shift = unit.state.shift.data();
  e.mean = unit.state.mean.data();
  return e;
}

class FusedGradient final : public Gradient {
 public:
  FusedGradient(Model& model, const LossOptions& options) : model_(model), options_(options), stem_(stem(model)) {
    for (const Bottleneck& block : model.layout().blocks) blocks_.emplace_back(model.layout(), block);
  }

  void compute(const Batch& batch, int rows, double* values, at::Tensor& gradient) override {
    c10::AutoGradMode no_gradients(false);
    gradient_ = gradient;
    profile.entries.clear();
    prepare(rows, batch.height, batch.width);
    begin_sharing();
    forward_stem(batch);
    Activation x = activation(pooled_);
    for (Block& block : blocks_) x = forward_block(block, x);
    pass("fc", "heads + losses", 2.0 * blocks_.back().z.nbytes(), [&] { heads(batch, values); });
    final_from(model_.layout().heads.front().weight);
    for (size_t i = blocks_.size(); i-- > 0;) {
      backward_block(i);
      final_from(blocks_[i].unit1.weight);
    }
    backward_stem();
    final_from(stem_.weight);
  }

  bool synchronises_norm() const override { return true; }

 private:
  static Unit stem(const Model& model) {
    Unit unit(model.layout(), model.layout().stem);
    unit.shape = stem_shape(0, 0, 0);
    return unit;
  }

  bool bf16() const { return model_.dtype() == at::kBFloat16; }

  at::Tensor pixels(int64_t count, int channels) const { return at::empty({count, channels}, model_.dtype()); }

  Activation activation(const at::Tensor& t) const {
    return {t.data_ptr(), bf16(), t.size(0), static_cast<int>(t.size(1))};
  }

  // Takes memory for a batch, unless the last one had the same sizes.
  void prepare(int rows, int height, int width) {
    if (rows == rows_ && height == height_ && width == width_) return;
    rows_ = rows, height_ = height, width_ = width;
    int h = (height + 1) / 2, w = (width + 1) / 2;
    images_ = stem_images(rows, height, width);
    place(stem_, h, w);
    h = (h + 1) / 2, w = (w + 1) / 2;
    pooled_ = pixels(static_cast<int64_t>(rows) * h * w, 64);
    taps_ = at::empty({pooled_.numel()}, at::kByte);
    int64_t widest = pooled_.numel(), inner = 0;
    for (Block& block : blocks_) {
      place(block.unit1, h, w);
      place(block.unit2, h, w);
      if (block.has_downsample) place(block.downsample, h, w);
      h = block.unit2.shape.out_height(), w = block.unit2.shape.out_width();
      place(block.unit3, h, w);
      block.z = at::empty_like(block.unit3.y);
      widest = std::max(widest, block.z.numel());
      inner = std::max({inner, block.unit1.y.numel(), block.unit2.y.numel()});
    }
    for (at::Tensor& g : between_) g = pixels(widest, 1);
    for (at::Tensor& g : inside_) g = pixels(inner, 1);
    features_.resize(static_cast<size_t>(rows) * Layout::kFeatures);
    by_features_.resize(features_.size());
    logits_.resize(static_cast<size_t>(rows) * A4J_OUTPUTS);
    slope_.resize(logits_.size());
    one_head_.resize(logits_.size());
  }

  void place(Unit& unit, int height, int width) {
    unit.shape.images = rows_;
    unit.shape.height = height;
    unit.shape.width = width;
    unit.y = pixels(unit.shape.out_pixels(), unit.shape.out);
  }

  // The same rows and channels in another buffer.
  Activation in(const at::Tensor& buffer, const Activation& like) const {
    return {buffer.data_ptr(), like.bf16, like.rows, like.channels};
  }

  const float* weights(const Unit& unit) const { return model_.data(unit.weight); }

  float* slot(int index) const { return gradient_.data_ptr<float>() + model_.layout().tensors[index].offset; }

  NormSlopes slopes(const Unit& unit) const { return {slot(unit.weight + 1), slot(unit.weight + 2)}; }

  NormParameters norm(const Unit& unit) const {
    int w = unit.weight;
    return {model_.data(w + 1), model_.data(w + 2), model_.data(w + 3), model_.data(w + 4)};
  }

  // Times one convolution with what is fused into it.
  template <typename Body>
  void measure(const Unit& unit, const char* operation, Body body) {
    double element = bf16() ? 2 : 4, inputs = static_cast<double>(unit.shape.in_pixels()) * unit.shape.in;
    profile.measure(unit.name, operation, 2.0 * unit.shape.out_pixels() * unit.shape.weights(),
                    element * (inputs + unit.y.numel()), body);
  }

  // Times a pass over memory: `bytes` read and written.
  template <typename Body>
  void pass(const std::string& layer, const char* operation, double bytes, Body body) {
    profile.measure(layer, operation, 0, bytes, body);
  }

  // ---- other ranks; alone, all of these do nothing

  void begin_sharing() {
    batch_rows_ = rows_;
    if (peers == nullptr) return;
    peers->begin(gradient_);
    if (synchronised()) batch_rows_ = peers->sum(rows_);
  }

  // Tells that the gradients of tensor `index` and of all behind it are done.
  void final_from(int index) {
    if (peers != nullptr) peers->final_from(model_.layout().tensors[index].offset);
  }

  bool synchronised() const { return peers != nullptr && peers->synchronised_norm(); }

  // Pixels of the rows that a batch norm's statistics are of, from this rank's.
  int64_t of_all_ranks(int64_t pixels) const { return pixels / rows_ * batch_rows_; }

  void share(std::initializer_list<std::vector<double>*> sums) {
    if (synchronised()) peers->sum(sums);
  }

  // The moments in sums_ of all ranks' pixels. Each rank's pivot is its own: 0 is the one they have in common.
  void share_moments(int64_t pixels) {
    if (!synchronised()) return;
    for (size_t c = 0; c < sums_.s1.size(); c++) {
      double pivot = sums_.s3[c];
      sums_.s2[c] += pivot * (2 * sums_.s1[c] + static_cast<double>(pixels) * pivot);
      sums_.s1[c] += static_cast<double>(pixels) * pivot;
      sums_.s3[c] = 0;
    }
    share({&sums_.s1, &sums_.s2});
  }

  // ---- forward

  void forward_unit(Unit& unit, const Source& x) {
    NormParameters parameters = norm(unit);
    Epilogue moments;
    moments.kind = Epilogue::kMoments;
    measure(unit, "forward", [&] {
      conv_forward(unit.shape, bf16(), x, weights(unit), unit.y.data_ptr(), moments, &sums_, workspace_);
      share_moments(unit.y.size(0));
      norm_statistics(of_all_ranks(unit.y.size(0)), sums_, parameters, unit.state);
    });
  }

  Source patches() const { return stem_patches(images_, stem_.shape.height, stem_.shape.width); }

  void forward_stem(const Batch& batch) {
    pass("input", "augment", batch.bytes[A4J_BATCH_IMAGES] + images_.nbytes(), [&] {
      augment(rows_, height_, width_, batch.images(), batch.crops(), stem_target(images_));
    });
    forward_unit(stem_, patches());
    pass("maxpool", "forward", stem_.y.nbytes() + pooled_.nbytes() + taps_.nbytes(), [&] {
      norm_relu_pool(activation(stem_.y), stem_.shape.height, stem_.shape.width, stem_.state, activation(pooled_),
                     taps_.data_ptr<uint8_t>());
    });
  }

  Activation forward_block(Block& block, const Activation& x) {
    forward_unit(block.unit1, plain(x.data));
    forward_unit(block.unit2, output(block.unit1));
    forward_unit(block.unit3, output(block.unit2));
    const Unit &last = block.unit3, &down = block.downsample;
    if (block.has_downsample) forward_unit(block.downsample, plain(x.data));
    pass(last.name, "add + relu", 3.0 * block.z.nbytes(), [&] {
      if (block.has_downsample) {
        norm_add_norm_relu(activation(last.y), last.state, activation(down.y), down.state, activation(block.z));
      } else {
        norm_add_relu(activation(last.y), last.state, x, activation(block.z));
      }
    });
    return activation(block.z);
  }

  // ---- heads

  // Average pool, linear heads and losses, forward and backward; leaves the gradient behind the last
  // block's ReLU in z and the sums of its norm.
  void heads(const Batch& batch, double* values) {
    Block& last = blocks_.back();
    average_pool(activation(last.z), rows_, features_.data());
    forward_heads();
    Labels labels{batch.va(), batch.expression(), batch.action_units()};
    shared_loss(peers, model_.layout().tasks, rows_, logits_.data(), labels, options_, values, slope_.data());
    backward_heads();
    Activation dz = in(between_[0], activation(last.z));
    average_pool_backward(by_features_.data(), rows_, dz);
    through_relu(last, dz);
  }

  void forward_heads() {
    std::fill(logits_.begin(), logits_.end(), NAN);
    for (const Head& head : model_.layout().heads) {
      conv_forward(head_shape(head, rows_), false, plain(features_.data()), model_.data(head.weight), one_head_.data(),
                   head_bias(model_.data(head.weight + 1)), nullptr, workspace_);
      put_columns(head, rows_, one_head_.data(), logits_.data());
    }
  }

  void backward_heads() {
    std::fill(by_features_.begin(), by_features_.end(), 0.0f);
    Epilogue add;
    add.kind = Epilogue::kAdd;
    for (const Head& head : model_.layout().heads) {
      ConvShape shape = head_shape(head, rows_);
      take_columns(head, rows_, slope_.data(), one_head_.data());
      Source dy = plain(one_head_.data());
      conv_backward_weights(shape, false, plain(features_.data()), dy, slot(head.weight), workspace_);
      bias_gradient(head);
      conv_backward_input(shape, false, dy, model_.data(head.weight), by_features_.data(), add, nullptr, workspace_);
    }
  }

  void bias_gradient(const Head& head) {
    for (int i = 0; i < head.outputs; i++) {
      double sum = 0;
      for (int row = 0; row < rows_; row++) sum += slope_[row * A4J_OUTPUTS + head.first_column + i];
      slot(head.weight + 1)[i] = static_cast<float>(sum);
    }
  }

  // ---- backward: a block starts with g, the gradient behind its ReLU, in g_ and its norms' sums in sums_

  // g_ and sums_ of a block without downsample, from the gradient by its output.
  void through_relu(Block& block, const Activation& dz) {
    pass(block.unit3.name, "add + relu backward", 4.0 * block.z.nbytes(), [&] {
      residual_relu_backward(dz, activation(block.z), activation(block.unit3.y), block.unit3.state, sums_,
                             norm_workspace_);
    });
    g_ = activation(block.z);
  }

  // A buffer that holds neither g_ nor x.
  const at::Tensor& unused_between() const { return between_[g_.data == between_[0].data_ptr() ? 1 : 0]; }

  void weight_gradient(const Unit& unit, const Source& x, const Source& dy) {
    measure(unit, "backward weights", [&] {
      conv_backward_weights(unit.shape, bf16(), x, dy, slot(unit.weight), workspace_);
    });
  }

  void input_gradient(const Unit& unit, const Source& dy, const Activation& dx, const Epilogue& epilogue) {
    measure(unit, "backward input", [&] {
      conv_backward_input(unit.shape, bf16(), dy, weights(unit), dx.data, epilogue, &sums_, workspace_);
    });
  }

  // From dy of `unit`, the gradient by its input relu(bn(input.y)), and the slopes of that norm.
  Activation into_unit(const Unit& unit, const Source& dy, Unit& input, const at::Tensor& buffer) {
    Activation dz = in(buffer, activation(input.y));
    input_gradient(unit, dy, dz, into_relu(input));
    norm_slopes(sums_.s1, sums_.s2, input.state, slopes(input));
    share({&sums_.s1, &sums_.s2});
    norm_coefficients(of_all_ranks(input.y.size(0)), sums_.s1, sums_.s2, input.state);
    return dz;
  }

  // The norms in front of a block's residual sum, from sums_.
  void norms_of_sum(Block& block) {
    norm_slopes(sums_.s1, sums_.s2, block.unit3.state, slopes(block.unit3));
    if (block.has_downsample) norm_slopes(sums_.s1, sums_.s3, block.downsample.state, slopes(block.downsample));
    share({&sums_.s1, &sums_.s2, &sums_.s3});
    int64_t n = of_all_ranks(g_.rows);
    norm_coefficients(n, sums_.s1, sums_.s2, block.unit3.state);
    if (block.has_downsample) norm_coefficients(n, sums_.s1, sums_.s3, block.downsample.state);
  }

  void backward_block(size_t i) {
    Block& block = blocks_[i];
    Activation x = activation(i == 0 ? pooled_ : blocks_[i - 1].z);
    norms_of_sum(block);
    Source dy = gradient(block.unit3, g_, /*relu=*/false);
    weight_gradient(block.unit3, output(block.unit2), dy);
    Activation dz = into_unit(block.unit3, dy, block.unit2, inside_[0]);
    dy = gradient(block.unit2, dz, /*relu=*/true);
    weight_gradient(block.unit2, output(block.unit1), dy);
    dz = into_unit(block.unit2, dy, block.unit1, inside_[1]);
    dy = gradient(block.unit1, dz, /*relu=*/true);
    weight_gradient(block.unit1, plain(x.data), dy);
    Activation dx = in(unused_between(), x);
    if (block.has_downsample) {
      into_stage(block, dy, x, dx, i);
    } else {
      into_block(block.unit1, dy, x, dx, blocks_[i - 1]);
    }
  }

  // Into the block before, of the same stage: its g and sums on the way out of the convolution.
  void into_block(const Unit& unit, const Source& dy, const Activation& x, const Activation& dx, Block& before) {
    Epilogue e;
    e.kind = Epilogue::kResidual;
    e.add = g_.data;
    e.z = x.data;
    e.y = before.unit3.y.data_ptr();
    e.mean = before.unit3.state.mean.data();
    if (before.has_downsample) {
      e.y2 = before.downsample.y.data_ptr();
      e.mean2 = before.downsample.state.mean.data();
    }
    input_gradient(unit, dy, dx, e);
    g_ = dx;
  }

  // Into what a stage starts from: two convolutions read it.
  void into_stage(Block& block, const Source& dy, const Activation& x, const Activation& dx, size_t i) {
    input_gradient(block.unit1, dy, dx, Epilogue());
    const Unit& down = block.downsample;
    Source by_down = gradient(down, g_, /*relu=*/false);
    weight_gradient(down, plain(x.data), by_down);
    Epilogue add;
    add.kind = Epilogue::kAdd;
    input_gradient(down, by_down, dx, add);
    if (i == 0) {
      g_ = dx;
    } else {
      through_relu(blocks_[i - 1], dx);
    }
  }

  void backward_stem() {
    pass("maxpool", "backward", 3.0 * stem_.y.nbytes() + 2.0 * (pooled_.nbytes() + taps_.nbytes()), [&] {
      const uint8_t* taps = taps_.data_ptr<uint8_t>();
      Activation y = activation(stem_.y);
      norm_relu_pool_sums(g_, taps, y, stem_.shape.height, stem_.shape.width, stem_.state, sums_, norm_workspace_);
      norm_slopes(sums_.s1, sums_.s2, stem_.state, slopes(stem_));
      share({&sums_.s1, &sums_.s2});
      norm_coefficients(of_all_ranks(y.rows), sums_.s1, sums_.s2, stem_.state);
      norm_relu_pool_backward(g_, taps, y, stem_.shape.height, stem_.shape.width, stem_.state, norm_workspace_);
    });
    weight_gradient(stem_, patches(), plain(stem_.y.data_ptr()));
  }

  Model& model_;
  LossOptions options_;
  Unit stem_;
  std::vector<Block> blocks_;
  int rows_ = 0, height_ = 0, width_ = 0;
  int64_t batch_rows_ = 0;  // rows that the batch norms' statistics are of
  at::Tensor images_;      // normalised, with a border of 3 zero pixels
  at::Tensor pooled_;      // the first block's input
  at::Tensor taps_;        // which inputs won the max pool
  at::Tensor between_[2];  // gradients by block outputs, in turns
  at::Tensor inside_[2];   // gradients inside a block
  Floats features_, by_features_;             // [rows][kFeatures]
  Floats logits_, slope_, one_head_;          // [rows][A4J_OUTPUTS], the last by head
  at::Tensor gradient_;
  Activation g_{};
  Sums sums_;
  ConvWorkspace workspace_;
  NormWorkspace norm_workspace_;
};

}  // namespace

std::unique_ptr<Gradient> fused_gradient(Model& model, const LossOptions& options) {
  return std::make_unique<FusedGradient>(model, options);
}

}  // namespace a4j
