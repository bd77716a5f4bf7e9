// The explicit step: forward and backward over the fixed network, on our own convolutions. Only raw
// convolution outputs y and every other block output z are kept; relu(bn(y)) exists only while a convolution
// reads it, and so do the gradients by y. Memory is taken for a batch size once, and then reused: a step
// allocates nothing (allocation_test), so it makes no tensor, nor a view of one. Gradients lie where something was
// that backward has done with (train/memory_plan.h).
#include <ATen/ops/empty.h>
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
#include "train/memory_plan.h"

namespace a4j {

namespace {

// A convolution and its batch norm.
struct Unit {
  Unit(const Layout& layout, const ConvNorm& c)
      : weight(c.weight), shape{0, 0, 0, c.in, c.out, c.kernel, c.stride}, state(c.out) {
    if (c.out > 0) name = layout.tensors[c.weight].name.substr(0, layout.tensors[c.weight].name.rfind('.'));
  }

  std::string name;  // torchvision's, such as layer1.0.conv1
  int weight;  // index of the convolution's tensor; the norm's follow
  ConvShape shape;
  NormState state;
  Activation y{};   // raw output [pixels][channels]
  Activation dz{};  // gradient by relu(bn(y)), inside a block
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
  Activation z{};   // output; backward writes over it g, the gradient behind its ReLU
  Activation dx{};  // gradient by the input, where a stage starts: two convolutions read that
};

Source plain(const void* data) {
  Source s;
  s.data = data;
  return s;
}

// relu(bn(y)).
Source output(const Unit& unit) {
  Source s = plain(unit.y.data);
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
  s.y = unit.y.data;
  s.a = unit.state.a.data();
  s.b = unit.state.b.data();
  s.k = unit.state.k.data();
  return s;
}

// Takes the sums that the backward of relu(bn(y)) needs.
Epilogue into_relu(const Unit& unit) {
  Epilogue e;
  e.kind = Epilogue::kNormRelu;
  e.y = unit.y.data;
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
    prepare(rows, batch.height, batch.width);
    begin_sharing();
    forward_stem(batch);
    for (size_t i = 0; i < blocks_.size(); i++) forward_block(i);
    pass("fc", "heads + losses", 2.0 * blocks_.back().z.bytes(), [&] { heads(batch, values); });
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

  // Takes memory for a batch, unless the last one had the same sizes.
  void prepare(int rows, int height, int width) {
    if (rows == rows_ && height == height_ && width == width_) return;
    rows_ = rows, height_ = 0;  // until all memory is there
    images_ = stem_images(rows, height, width);
    set_sizes((height + 1) / 2, (width + 1) / 2);
    take_memory();
    features_.resize(static_cast<size_t>(rows) * Layout::kFeatures);
    by_features_.resize(features_.size());
    logits_.resize(static_cast<size_t>(rows) * A4J_OUTPUTS);
    slope_.resize(logits_.size());
    one_head_.resize(logits_.size());
    height_ = height, width_ = width;
  }

  // Of all activations, from the stem's output of h x w on.
  void set_sizes(int h, int w) {
    set_size(stem_, h, w);
    h = (h + 1) / 2, w = (w + 1) / 2;
    Activation x = pooled_ = {nullptr, bf16(), static_cast<int64_t>(rows_) * h * w, stem_.shape.out};
    for (Block& block : blocks_) {
      set_size(block.unit1, h, w);
      set_size(block.unit2, h, w);
      if (block.has_downsample) set_size(block.downsample, h, w);
      h = block.unit2.shape.out_height(), w = block.unit2.shape.out_width();
      set_size(block.unit3, h, w);
      block.dx = x;
      x = block.z = block.unit3.y;
    }
    by_output_ = x;
  }

  void set_size(Unit& unit, int height, int width) {
    unit.shape.images = rows_;
    unit.shape.height = height;
    unit.shape.width = width;
    unit.y = unit.dz = {nullptr, bf16(), unit.shape.out_pixels(), unit.shape.out};
  }

  // The times of a step: the stem, the blocks, the heads, and all of them again in the opposite order.
  int forward_time(size_t block) const { return 1 + static_cast<int>(block); }
  int heads_time() const { return forward_time(blocks_.size()); }
  int backward_time(size_t block) const { return last_time() - forward_time(block); }
  int last_time() const { return 2 * heads_time(); }

  // Every other block output is not kept, but computed again when backward needs it.
  static bool keeps_output(size_t block) { return block % 2 == 1; }

  void take_memory() {
    MemoryPlan plan;
    auto add = [&](Activation& a, const std::vector<MemoryPlan::Life>& lives) { plan.add(&a.data, a.bytes(), lives); };
    MemoryPlan::Life step{0, last_time()};
    add(stem_.y, {step});
    add(pooled_, {step});
    plan.add(&taps_, pooled_.elements(), {step});
    for (size_t i = 0; i < blocks_.size(); i++) {
      Block& block = blocks_[i];
      MemoryPlan::Life kept{forward_time(i), backward_time(i)}, backward{backward_time(i), backward_time(i)};
      for (Unit* unit : {&block.unit1, &block.unit2, &block.unit3}) add(unit->y, {kept});
      for (Unit* unit : {&block.unit1, &block.unit2}) add(unit->dz, {backward});
      MemoryPlan::Life read{forward_time(i), forward_time(i + 1)}, again{backward_time(i + 1), backward_time(i)};
      add(block.z, keeps_output(i) ? std::vector{kept} : std::vector{read, again});
      if (!block.has_downsample) continue;
      add(block.downsample.y, {kept});
      add(block.dx, {{backward_time(i), backward_time(i) + 1}});
    }
    add(by_output_, {{heads_time(), heads_time()}});
    int64_t bytes = plan.arrange();
    if (bytes > memory_.numel()) {
      memory_ = at::Tensor();  // the old one first, so that there are never both
      memory_ = at::empty({bytes}, at::kByte);
    }
    plan.place(memory_.data_ptr());
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
                    element * inputs + unit.y.bytes(), body);
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
      conv_forward(unit.shape, bf16(), x, weights(unit), unit.y.data, moments, &sums_, workspace_);
      share_moments(unit.y.rows);
      norm_statistics(of_all_ranks(unit.y.rows), sums_, parameters, unit.state);
    });
  }

  Source patches() const { return stem_patches(images_, stem_.shape.height, stem_.shape.width); }

  void forward_stem(const Batch& batch) {
    double pixels = 3.0 * rows_ * height_ * width_;
    pass("input", "augment", pixels + images_.nbytes(), [&] {
      augment(rows_, height_, width_, batch.row_images(), batch.crops(), stem_target(images_));
    });
    forward_unit(stem_, patches());
    pass("maxpool", "forward", stem_.y.bytes() + pooled_.bytes() + pooled_.elements(), [&] {
      norm_relu_pool(stem_.y, stem_.shape.height, stem_.shape.width, stem_.state, pooled_, taps());
    });
  }

  uint8_t* taps() const { return static_cast<uint8_t*>(taps_); }

  const Activation& input_of(size_t block) const { return block == 0 ? pooled_ : blocks_[block - 1].z; }

  void forward_block(size_t i) {
    Block& block = blocks_[i];
    Source x = plain(input_of(i).data);
    forward_unit(block.unit1, x);
    forward_unit(block.unit2, output(block.unit1));
    forward_unit(block.unit3, output(block.unit2));
    if (block.has_downsample) forward_unit(block.downsample, x);
    add_relu(i, "add + relu");
  }

  // z of block i, from its convolutions and its input.
  void add_relu(size_t i, const char* operation) {
    const Block& block = blocks_[i];
    const Unit &last = block.unit3, &down = block.downsample;
    pass(last.name, operation, 3.0 * block.z.bytes(), [&] {
      if (block.has_downsample) {
        norm_add_norm_relu(last.y, last.state, down.y, down.state, block.z);
      } else {
        norm_add_relu(last.y, last.state, input_of(i), block.z);
      }
    });
  }

  // ---- heads

  // Average pool, linear heads and losses, forward and backward; leaves the gradient behind the last
  // block's ReLU in z and the sums of its norm.
  void heads(const Batch& batch, double* values) {
    Block& last = blocks_.back();
    average_pool(last.z, rows_, features_.data());
    forward_heads();
    Labels labels{batch.va(), batch.expression(), batch.action_units()};
    shared_loss(peers, model_.layout().tasks, rows_, logits_.data(), labels, options_, values, slope_.data());
    backward_heads();
    average_pool_backward(by_features_.data(), rows_, by_output_);
    through_relu(last, by_output_);
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

  // ---- backward: a block starts with g, the gradient behind its ReLU, in z and its norms' sums in sums_

  // g and sums_ of a block without downsample, from the gradient by its output.
  void through_relu(Block& block, const Activation& dz) {
    pass(block.unit3.name, "add + relu backward", 4.0 * block.z.bytes(), [&] {
      residual_relu_backward(dz, block.z, block.unit3.y, block.unit3.state, sums_, norm_workspace_);
    });
  }

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

  // From dy of `unit`, dz of its input relu(bn(input.y)), and the slopes of that norm.
  void into_unit(const Unit& unit, const Source& dy, Unit& input) {
    input_gradient(unit, dy, input.dz, into_relu(input));
    norm_slopes(sums_.s1, sums_.s2, input.state, slopes(input));
    share({&sums_.s1, &sums_.s2});
    norm_coefficients(of_all_ranks(input.y.rows), sums_.s1, sums_.s2, input.state);
  }

  // The norms in front of a block's residual sum, from sums_.
  void norms_of_sum(Block& block) {
    norm_slopes(sums_.s1, sums_.s2, block.unit3.state, slopes(block.unit3));
    if (block.has_downsample) norm_slopes(sums_.s1, sums_.s3, block.downsample.state, slopes(block.downsample));
    share({&sums_.s1, &sums_.s2, &sums_.s3});
    int64_t n = of_all_ranks(block.z.rows);
    norm_coefficients(n, sums_.s1, sums_.s2, block.unit3.state);
    if (block.has_downsample) norm_coefficients(n, sums_.s1, sums_.s3, block.downsample.state);
  }

  void backward_block(size_t i) {
    Block& block = blocks_[i];
    if (i > 0 && !keeps_output(i - 1)) add_relu(i - 1, "add + relu again");
    const Activation& x = input_of(i);
    norms_of_sum(block);
    Source dy = gradient(block.unit3, block.z, /*relu=*/false);
    weight_gradient(block.unit3, output(block.unit2), dy);
    into_unit(block.unit3, dy, block.unit2);
    dy = gradient(block.unit2, block.unit2.dz, /*relu=*/true);
    weight_gradient(block.unit2, output(block.unit1), dy);
    into_unit(block.unit2, dy, block.unit1);
    dy = gradient(block.unit1, block.unit1.dz, /*relu=*/true);
    weight_gradient(block.unit1, plain(x.data), dy);
    if (block.has_downsample) {
      into_stage(block, dy, x);
      if (i > 0) through_relu(blocks_[i - 1], block.dx);
    } else {
      into_block(block, dy, blocks_[i - 1]);
    }
  }

  // Into the block before, of the same stage: its g and sums on the way out of the convolution.
  void into_block(const Block& block, const Source& dy, Block& before) {
    Epilogue e;
    e.kind = Epilogue::kResidual;
    e.add = block.z.data;
    e.y = before.unit3.y.data;
    e.mean = before.unit3.state.mean.data();
    if (before.has_downsample) {
      e.y2 = before.downsample.y.data;
      e.mean2 = before.downsample.state.mean.data();
    }
    input_gradient(block.unit1, dy, before.z, e);
  }

  // Into what a stage starts from: two convolutions read it.
  void into_stage(const Block& block, const Source& dy, const Activation& x) {
    input_gradient(block.unit1, dy, block.dx, Epilogue());
    const Unit& down = block.downsample;
    Source by_down = gradient(down, block.z, /*relu=*/false);
    weight_gradient(down, plain(x.data), by_down);
    Epilogue add;
    add.kind = Epilogue::kAdd;
    input_gradient(down, by_down, block.dx, add);
  }

  void backward_stem() {
    pass("maxpool", "backward", 3.0 * stem_.y.bytes() + 2.0 * (pooled_.bytes() + pooled_.elements()), [&] {
      const Activation &dz = blocks_[0].dx, &y = stem_.y;
      int h = stem_.shape.height, w = stem_.shape.width;
      norm_relu_pool_sums(dz, taps(), y, h, w, stem_.state, sums_, norm_workspace_);
      norm_slopes(sums_.s1, sums_.s2, stem_.state, slopes(stem_));
      share({&sums_.s1, &sums_.s2});
      norm_coefficients(of_all_ranks(y.rows), sums_.s1, sums_.s2, stem_.state);
      norm_relu_pool_backward(dz, taps(), y, h, w, stem_.state, norm_workspace_);
    });
    weight_gradient(stem_, patches(), plain(stem_.y.data));
  }

  Model& model_;
  LossOptions options_;
  Unit stem_;
  std::vector<Block> blocks_;
  int rows_ = 0, height_ = 0, width_ = 0;
  int64_t batch_rows_ = 0;  // rows that the batch norms' statistics are of
  at::Tensor images_;       // normalised, with a border of 3 zero pixels
  at::Tensor memory_;       // bytes, where all activations and their gradients lie
  Activation pooled_{};     // the first block's input
  void* taps_ = nullptr;    // which inputs won the max pool, a byte an element of pooled_
  Activation by_output_{};  // gradient by the last block's output
  Floats features_, by_features_;     // [rows][kFeatures]
  Floats logits_, slope_, one_head_;  // [rows][A4J_OUTPUTS], the last by head
  at::Tensor gradient_;
  Sums sums_;
  ConvWorkspace workspace_;
  NormWorkspace norm_workspace_;
};

}  // namespace

std::unique_ptr<Gradient> fused_gradient(Model& model, const LossOptions& options) {
  return std::make_unique<FusedGradient>(model, options);
}

}  // namespace a4j
