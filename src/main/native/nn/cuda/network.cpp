#include "nn/cuda/network.h"

#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>

#include "ops/cuda/augment.h"
#include "ops/cuda/pool.h"

namespace a4j {

namespace {

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
constexpr int kMostChannels = 2048;
constexpr int kStateParts = 7;  // mean, inverse deviation, scale, shift, a, b, k

cudaStream_t stream() { return c10::cuda::getCurrentCUDAStream(); }

}  // namespace

CudaNetwork::CudaNetwork(Model& model, const at::Tensor& gradient)
    : model_(model), bf16_(model.dtype() == at::kBFloat16), stem_(unit(model.layout().stem)), gradient_(gradient) {
  for (const Bottleneck& b : model.layout().blocks) {
    blocks_.push_back({unit(b.conv1),
                       unit(b.conv2),
                       unit(b.conv3),
                       b.has_downsample ? unit(b.downsample) : Unit{},
                       b.has_downsample,
                       {}});
  }
  at::TensorOptions fp32 = model.parameters().options();
  states_ = at::zeros({kStateParts, state_count_}, fp32);
  partials_ = at::empty({cuda::TileScratch::kFloats}, fp32);
  counters_ = at::zeros({cuda::TileScratch::kCounters}, fp32.dtype(at::kInt));
  norm_sums_ = at::zeros({2 * cuda::norm_sums(kMostChannels)}, fp32.dtype(at::kDouble));
  if (bf16_) {
    working_copy_ = at::empty({model.parameters().numel()}, fp32.dtype(at::kBFloat16));
    refresh();
  }
  stem_weight_ =
      at::zeros({stem_.conv.out, cuda::kImageChannels, 7, 7}, fp32.dtype(model.dtype())).contiguous(kChannelsLast);
}

CudaNetwork::Unit CudaNetwork::unit(const ConvNorm& conv) {
  Unit made{conv, state_count_, {}, {}};
  state_count_ += conv.out;
  return made;
}

at::Tensor CudaNetwork::map(int64_t images, int64_t channels, int64_t height, int64_t width) const {
  return at::empty({images, channels, height, width}, model_.parameters().options().dtype(model_.dtype()),
                   kChannelsLast);
}

Activation CudaNetwork::view(const at::Tensor& t) const {
  if (!t.defined()) return {nullptr, bf16_, 0, 0};
  return {t.data_ptr(), bf16_, t.numel() / t.size(1), static_cast<int>(t.size(1))};
}

float* CudaNetwork::slot(int index) const {
  return gradient_.defined() ? gradient_.data_ptr<float>() + model_.layout().tensors[index].offset : nullptr;
}

// place: 1 for the second of two norms whose sums are taken together.
cuda::Norm CudaNetwork::norm(const Unit& unit, int place) const {
  auto tensor = [&](int i) { return model_.data(unit.conv.weight + i); };
  auto state = [&](int i) { return states_.data_ptr<float>() + i * state_count_ + unit.state; };
  double* sums = norm_sums_.data_ptr<double>() + place * cuda::norm_sums(unit.conv.out);
  return {tensor(1),
          tensor(2),
          tensor(3),
          tensor(4),
          state(0),
          state(1),
          state(2),
          state(3),
          state(4),
          state(5),
          state(6),
          slot(unit.conv.weight + 1),
          slot(unit.conv.weight + 2),
          peers_.synchronised_norm ? sums : nullptr};
}

void CudaNetwork::share_norms(int norms, int channels) {
  peers_.sums->sum(stream(), norm_sums_.data_ptr<double>(), norms * cuda::norm_sums(channels));
}

cuda::TileScratch CudaNetwork::scratch() const {
  return {partials_.data_ptr<float>(), reinterpret_cast<unsigned*>(counters_.data_ptr<int>())};
}

cuda::Heads CudaNetwork::heads() const {
  cuda::Heads table{};
  for (const Head& head : model_.layout().heads) {
    float *weights = model_.data(head.weight), *biases = model_.data(head.weight + 1);
    for (int i = 0; i < head.outputs; i++) {
      int output = head.first_column + i;
      table.weight[output] = weights + i * Layout::kFeatures;
      table.bias[output] = biases + i;
      if (!gradient_.defined()) continue;
      table.weight_slope[output] = slot(head.weight) + i * Layout::kFeatures;
      table.bias_slope[output] = slot(head.weight + 1) + i;
    }
  }
  return table;
}

at::Tensor CudaNetwork::weight(const Unit& unit) {
  if (is_stem(unit)) return stem_weight_;
  return model_.view(bf16_ ? working_copy_ : model_.parameters(), unit.conv.weight);
}

// ---- forward

// y, with the norm's scale and shift made.
at::Tensor CudaNetwork::convolve(Unit& unit, const at::Tensor& x) {
  int64_t stride = unit.conv.stride, padding = unit.conv.kernel / 2;
  at::Tensor y = at::convolution(x, weight(unit), {}, {stride, stride}, {padding, padding}, {1, 1}, false, {0, 0}, 1)
                     .contiguous(kChannelsLast);
  if (!training_) {
    cuda::norm_running_scale(stream(), unit.conv.out, norm(unit));
    return y;
  }
  cuda::norm_statistics(stream(), view(y), norm(unit), scratch());
  if (peers_.synchronised_norm) {
    share_norms(1, unit.conv.out);
    cuda::norm_statistics_of_sums(stream(), unit.conv.out, norm(unit));
  }
  unit.x = x;
  unit.y = y;
  return y;
}

at::Tensor CudaNetwork::convolve_relu(Unit& unit, const at::Tensor& x) {
  at::Tensor y = convolve(unit, x), z = training_ ? map_like(y) : y;
  cuda::norm_relu(stream(), view(y), norm(unit), view(z));
  return z;
}

at::Tensor CudaNetwork::forward_stem(const GpuImages& in) {
  at::Tensor source = model_.view(bf16_ ? working_copy_ : model_.parameters(), stem_.conv.weight);
  stem_weight_.narrow(1, 0, stem_.conv.in).copy_(source);
  at::Tensor images = map(in.count, cuda::kImageChannels, in.height, in.width);
  cuda::augment(stream(), in.count, in.height, in.width, in.images, in.rows, in.crops, images.data_ptr(), bf16_);
  at::Tensor y = convolve(stem_, images);
  pool_height_ = static_cast<int>(y.size(2)), pool_width_ = static_cast<int>(y.size(3));
  at::Tensor z = map(in.count, stem_.conv.out, (pool_height_ + 1) / 2, (pool_width_ + 1) / 2);
  taps_ = at::empty({z.numel()}, z.options().dtype(at::kByte));
  cuda::norm_relu_pool(stream(), view(y), pool_height_, pool_width_, norm(stem_), view(z), taps_.data_ptr<uint8_t>());
  return z;
}

at::Tensor CudaNetwork::forward_block(Block& block, const at::Tensor& x) {
  at::Tensor y = convolve(block.unit3, convolve_relu(block.unit2, convolve_relu(block.unit1, x)));
  at::Tensor z = training_ ? map_like(y) : y;
  if (block.has_downsample) {
    at::Tensor identity = convolve(block.downsample, x);
    cuda::Norm identity_norm = norm(block.downsample);
    cuda::norm_add_relu(stream(), view(y), norm(block.unit3), view(identity), &identity_norm, view(z));
  } else {
    cuda::norm_add_relu(stream(), view(y), norm(block.unit3), view(x), nullptr, view(z));
  }
  if (training_) block.z = z;
  return z;
}

at::Tensor CudaNetwork::forward(const GpuImages& images, bool training, const NetworkPeers& peers) {
  training_ = training;
  peers_ = peers;
  at::Tensor x = forward_stem(images);
  for (Block& block : blocks_) x = forward_block(block, x);
  at::TensorOptions fp32 = model_.parameters().options();
  features_ = at::empty({images.count, Layout::kFeatures}, fp32);
  at::Tensor logits = at::empty({images.count, A4J_OUTPUTS}, fp32);
  cuda::heads_forward(stream(), view(x), images.count, heads(), features_.data_ptr<float>(), logits.data_ptr<float>());
  return logits;
}

// ---- backward

// From dy, which lies over unit.y: the weight gradient, to be collected, and the gradient by the input.
at::Tensor CudaNetwork::convolve_backward(Unit& unit) {
  const std::vector<int64_t> stride(2, unit.conv.stride), padding(2, unit.conv.kernel / 2), ones{1, 1}, zeros{0, 0};
  bool wants_input = !is_stem(unit);
  auto [dx, dw, none] = at::convolution_backward(unit.y, unit.x, weight(unit), c10::nullopt, stride, padding, ones,
                                                 false, zeros, 1, {wants_input, true, false});
  weight_gradients_.push_back(dw.contiguous(kChannelsLast));
  const TensorSpec& spec = model_.layout().tensors[unit.conv.weight];
  pieces_.add(weight_gradients_.back().data_ptr(), spec.offset, spec.elements(), unit.conv.in,
              static_cast<int>(dw.size(1)));
  unit.x.reset();
  unit.y.reset();
  return wants_input ? dx.contiguous(kChannelsLast) : at::Tensor();
}

// With batch statistics of all ranks, a, b and k of what a reduction left, of one norm or two.
void CudaNetwork::share_coefficients(const Unit& unit, const Unit* second) {
  if (!peers_.synchronised_norm) return;
  share_norms(second ? 2 : 1, unit.conv.out);
  cuda::norm_coefficients_of_sums(stream(), unit.conv.out, norm(unit));
  if (second) cuda::norm_coefficients_of_sums(stream(), unit.conv.out, norm(*second, 1));
}

// From the gradient by relu(bn(y)).
at::Tensor CudaNetwork::relu_backward(Unit& unit, const at::Tensor& dz) {
  cuda::norm_relu_slopes(stream(), view(dz), view(unit.y), norm(unit), scratch());
  share_coefficients(unit);
  cuda::norm_relu_backward(stream(), view(dz), view(unit.y), norm(unit), view(unit.y));
  return convolve_backward(unit);
}

void CudaNetwork::backward_block(Block& block) {
  Unit &last = block.unit3, &down = block.downsample;
  at::Tensor g = dz_;
  cuda::residual_relu_slopes(stream(), view(dz_), view(dz2_), view(block.z), view(g), view(last.y), norm(last),
                             view(down.y), block.has_downsample ? norm(down, 1) : norm(last), scratch());
  share_coefficients(last, block.has_downsample ? &down : nullptr);
  block.z.reset();
  cuda::norm_backward(stream(), view(g), view(last.y), norm(last), view(last.y));
  at::Tensor dz = convolve_backward(last);
  dz_ = relu_backward(block.unit1, relu_backward(block.unit2, dz));
  dz2_ = g;
  if (block.has_downsample) {
    cuda::norm_backward(stream(), view(g), view(down.y), norm(down), view(down.y));
    dz2_ = convolve_backward(down);
  }
}

void CudaNetwork::backward_stem() {
  at::Tensor g = map_like(stem_.y);
  cuda::unpool_slopes(stream(), view(dz_), view(dz2_), taps_.data_ptr<uint8_t>(), view(stem_.y), pool_height_,
                      pool_width_, norm(stem_), view(g), scratch());
  share_coefficients(stem_);
  cuda::norm_backward(stream(), view(g), view(stem_.y), norm(stem_), view(stem_.y));
  convolve_backward(stem_);
}

// The weight gradients that lie in tensors of their own, to where they belong.
void CudaNetwork::collect() {
  cuda::collect(stream(), pieces_, bf16_, gradient_.data_ptr<float>());
  pieces_ = {};
  weight_gradients_.clear();
}

// Tells that the gradients of this tensor and of all behind it are done, but for being collected.
void CudaNetwork::final_from(int tensor) {
  int64_t offset = model_.layout().tensors[tensor].offset;
  if (peers_.sums == nullptr && offset > 0) return;  // alone, one kernel collects all
  buckets_.final_from(offset, [&](int64_t from, int64_t count) {
    collect();
    if (peers_.sums != nullptr) peers_.sums->begin_sum(stream(), gradient_.data_ptr<float>() + from, count);
  });
}

void CudaNetwork::backward(const at::Tensor& by_logits) {
  buckets_.begin(gradient_.numel());
  const at::Tensor& z = blocks_.back().z;
  dz_ = map_like(z);
  dz2_.reset();
  cuda::heads_backward(stream(), by_logits.data_ptr<float>(), features_.data_ptr<float>(), static_cast<int>(z.size(0)),
                       heads(), view(dz_));
  for (size_t i = blocks_.size(); i-- > 0;) {
    backward_block(blocks_[i]);
    final_from(blocks_[i].unit1.conv.weight);
  }
  backward_stem();
  final_from(stem_.conv.weight);
  if (peers_.sums != nullptr) peers_.sums->finish(stream());
  dz_.reset(), dz2_.reset(), features_.reset(), taps_.reset();
}

int64_t CudaNetwork::bytes_per_image(const Model& model, int height, int width, bool training) {
  const Layout& layout = model.layout();
  auto half = [](int64_t size) { return (size + 1) / 2; };
  int64_t h = half(height), w = half(width), all = 2 * h * w * layout.stem.out, largest = h * w * layout.stem.out;
  h = half(h), w = half(w);
  all += h * w * layout.stem.out;
  for (const Bottleneck& b : layout.blocks) {
    int64_t before = h * w;
    if (b.conv2.stride == 2) h = half(h), w = half(w);
    // y and z of each convolution, and y of the downsample.
    all += 2 * (before * b.conv1.out + h * w * (b.conv2.out + b.conv3.out));
    if (b.has_downsample) all += h * w * b.downsample.out;
    largest = std::max(largest, h * w * b.conv3.out);
  }
  // A fifth more for gradients in flight, cuDNN's workspaces and fragments; inference holds a few maps at a time.
  int64_t elements = training ? all * 6 / 5 : 4 * largest;
  return elements * (model.dtype() == at::kBFloat16 ? 2 : 4) + static_cast<int64_t>(height) * width * 3;
}

}  // namespace a4j
