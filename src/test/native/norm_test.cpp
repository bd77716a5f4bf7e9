// ops/norm.h against batch normalisation, ReLU, residual sum and max pool written in libtorch double
// and differentiated by autograd; all builds of the kernels against each other, bit for bit.
#include "ops/norm.h"

#include <ATen/ATen.h>
#include <c10/util/BFloat16.h>
#include <omp.h>
#include <torch/csrc/autograd/autograd.h>

#include "check.h"
#include "required_isa.h"
#include "ops/cpu/norm_kernels.h"
#include "ops/math/bf16.h"
#include "ops/pool.h"

using namespace a4j_test;

namespace {

using Tensors = std::vector<at::Tensor>;

// Bounds relative to the largest element. fp32: arithmetic on data whose mean is some deviations from
// 0; of 2 rows the deviation can be a thousandth of it. bf16: rounding of a result of a few units.
double fp32_bound(int64_t rows) { return rows < 4 ? 1e-4 : 1e-5; }
double stored_bound(int64_t rows, bool bf16) { return bf16 ? 1.0 / 128 : fp32_bound(rows); }

at::Tensor rounded(const at::Tensor& t, bool bf16) { return t.to(bf16 ? at::kBFloat16 : at::kFloat).contiguous(); }

at::Tensor as_double(const at::Tensor& t) { return t.detach().to(at::kDouble).contiguous(); }

a4j::Activation activation(const at::Tensor& t, int channels) {
  return {t.data_ptr(), t.scalar_type() == at::kBFloat16, t.numel() / channels, channels};
}

double error_of(const at::Tensor& ours, const at::Tensor& reference) {
  at::Tensor a = as_double(ours), b = as_double(reference);
  return error(a.data_ptr<double>(), b.data_ptr<double>(), b.numel(), 1e-30);
}

template <typename Vector>
at::Tensor from(const Vector& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape).clone();
}

// A batch norm's parameters, and the same in double for the reference.
struct Norm {
  Norm(Random& random, int channels)
      : weight(uniform(random, channels, -1.5, 1.5)),
        bias(normal(random, channels, 0.1, 0.3)),
        running_mean(normal(random, channels, 0, 0.5)),
        running_var(uniform(random, channels, 0.5, 2)),
        state(channels),
        weight_slope(channels, NAN),
        bias_slope(channels, NAN),
        reference_weight(from(weight, {channels}).to(at::kDouble).requires_grad_()),
        reference_bias(from(bias, {channels}).to(at::kDouble).requires_grad_()) {}

  a4j::NormParameters parameters() { return {weight.data(), bias.data(), running_mean.data(), running_var.data()}; }

  // Slopes and a, b, k from the sums of backward.
  void backward(int64_t rows, const std::vector<double>& sum_g, const std::vector<double>& sum_gy) {
    a4j::norm_slopes(sum_g, sum_gy, state, {weight_slope.data(), bias_slope.data()});
    a4j::norm_coefficients(rows, sum_g, sum_gy, state);
  }

  // bn(y) over all dimensions but the last.
  at::Tensor reference(const at::Tensor& y) const {
    at::Tensor flat = y.reshape({-1, y.size(-1)}), mean = flat.mean(0), centred = flat - mean;
    at::Tensor z = centred / at::sqrt((centred * centred).mean(0) + 1e-5) * reference_weight + reference_bias;
    return z.view(y.sizes());
  }

  std::vector<float> weight, bias, running_mean, running_var;
  a4j::NormState state;
  std::vector<float> weight_slope, bias_slope;
  at::Tensor reference_weight, reference_bias;
};

// Channels with means far from 0 and of different spread, so that cancellation would show.
at::Tensor random_activation(Random& random, int64_t rows, int channels, bool bf16) {
  at::Tensor y = from(normal(random, rows * channels), {rows, channels});
  at::Tensor spread = from(uniform(random, channels, 0.3, 3), {channels});
  at::Tensor centre = from(normal(random, channels, 0, 1.5), {channels});
  return rounded(y * spread + centre, bf16);
}

struct Shape {
  int64_t rows;
  int channels;
  bool bf16;
  int seed;

  std::string text() const {
    return std::to_string(rows) + "x" + std::to_string(channels) + (bf16 ? " bf16" : " fp32");
  }
};

// Backward subtracts from g its projections on 1 and xhat; of 2 rows almost nothing is left. So errors
// are measured, channel by channel, against what went in: scale * |g|, `inputs` of them (pool windows).
void check_dy(const at::Tensor& dy, const at::Tensor& reference, const at::Tensor& g, const Norm& norm, bool bf16,
              const std::string& what, int inputs = 1) {
  int64_t channels = static_cast<int64_t>(norm.weight.size());
  at::Tensor scale = from(norm.state.scale, {channels}).to(at::kDouble).abs();
  at::Tensor unit = scale * std::get<0>(as_double(g).view({-1, channels}).abs().max(0)) * inputs + 1e-30;
  at::Tensor difference = (as_double(dy).view({-1, channels}) - as_double(reference).view({-1, channels})).abs();
  check_error((difference / unit).max().item<double>(), stored_bound(difference.size(0), bf16), what);
}

// Sums over n rows of g xhat and of g, in units of the sums of magnitudes (the deviation of xhat is 1).
void check_slopes(const Norm& norm, const at::Tensor& weight_slope, const at::Tensor& bias_slope, const at::Tensor& g,
                  const std::string& what) {
  int64_t channels = static_cast<int64_t>(norm.weight.size());
  at::Tensor all = as_double(g).view({-1, channels}), unit = all.abs().sum(0) + 1e-30;
  double bound = fp32_bound(all.size(0));
  at::Tensor weight = from(norm.weight_slope, {channels}).to(at::kDouble),
             bias = from(norm.bias_slope, {channels}).to(at::kDouble);
  check_error(((weight - weight_slope).abs() / unit).max().item<double>(), bound, what + ", weight slope");
  check_error(((bias - bias_slope).abs() / unit).max().item<double>(), bound, what + ", bias slope");
}

std::vector<double> values(const at::Tensor& t) {
  return {t.data_ptr<double>(), t.data_ptr<double>() + t.numel()};
}

// s1, s2 about a pivot as a convolution hands them over: of a stored y, in double.
a4j::Sums moments(const at::Tensor& y, const at::Tensor& pivot) {
  at::Tensor p = as_double(pivot), d = as_double(y) - p;
  at::Tensor s1 = d.sum(0), s2 = (d * d).sum(0);
  return {values(s1), values(s2), values(p)};
}

// The statistics about the first row, as ops/conv.h takes them.
void take_statistics(const at::Tensor& y, Norm& norm) {
  a4j::norm_statistics(y.size(0), moments(y, y[0]), norm.parameters(), norm.state);
}

void check_statistics(const at::Tensor& y, const at::Tensor& pivot, const Shape& s, const std::string& what) {
  Random random(s.seed + 3);
  Norm norm(random, s.channels);
  at::Tensor y64 = as_double(y);
  at::Tensor running_mean = from(norm.running_mean, {s.channels}).to(at::kDouble);
  at::Tensor running_var = from(norm.running_var, {s.channels}).to(at::kDouble);
  a4j::norm_statistics(s.rows, moments(y, pivot), norm.parameters(), norm.state);
  at::Tensor mean = y64.mean(0), variance = y64.var(0, /*unbiased=*/false);
  check_error((from(norm.state.mean, {s.channels}) - mean).abs().max().item<double>(), 1e-6, what + ", mean");
  at::Tensor inverse = 1 / at::sqrt(variance + 1e-5);
  check_error(error_of(from(norm.state.inverse_deviation, {s.channels}), inverse), 1e-5, what + ", deviation");
  at::Tensor scale = norm.reference_weight.detach() * inverse, shift = norm.reference_bias.detach() - mean * scale;
  check_error(error_of(from(norm.state.scale, {s.channels}), scale), 1e-5, what + ", scale");
  check_error(error_of(from(norm.state.shift, {s.channels}), shift), 1e-5, what + ", shift");
  at::Tensor unbiased = s.rows > 1 ? variance * (double(s.rows) / double(s.rows - 1)) : variance;
  check_error(error_of(from(norm.running_mean, {s.channels}), 0.9 * running_mean + 0.1 * mean), 1e-6,
              what + ", running mean");
  check_error(error_of(from(norm.running_var, {s.channels}), 0.9 * running_var + 0.1 * unbiased), 1e-5,
              what + ", running variance");
}

// Whatever the pivot, the statistics are the data's.
void statistics(const Shape& s) {
  Random random(s.seed);
  at::Tensor y = random_activation(random, s.rows, s.channels, s.bf16);
  check_statistics(y, y[0], s, s.text() + " about the first row");
  check_statistics(y, at::zeros({s.channels}), s, s.text() + " about 0");
  check_statistics(y, as_double(y).mean(0).to(at::kFloat), s, s.text() + " about the mean");
}

// dy = a g + b y + k in double, from the state's coefficients.
at::Tensor apply_slopes(const at::Tensor& g, const at::Tensor& y, const a4j::NormState& state) {
  int64_t channels = y.size(-1);
  return from(state.a, {channels}) * as_double(g) + from(state.b, {channels}) * as_double(y) +
         from(state.k, {channels});
}

// The slopes and a, b, k of a batch norm behind which a ReLU lets only some of dz through.
void slopes(const Shape& s) {
  Random random(s.seed + 1);
  Norm norm(random, s.channels);
  at::Tensor y = random_activation(random, s.rows, s.channels, s.bf16),
             dz = random_activation(random, s.rows, s.channels, s.bf16);
  at::Tensor leaf = as_double(y).requires_grad_(), normalised = norm.reference(leaf),
             g = as_double(dz) * (normalised > 0);
  Tensors expected = torch::autograd::grad({at::relu(normalised)}, {leaf, norm.reference_weight, norm.reference_bias},
                                           {as_double(dz)});
  take_statistics(y, norm);
  at::Tensor sum_g = g.detach().sum(0),
             sum_gy = (g.detach() * (as_double(y) - from(norm.state.mean, {s.channels}))).sum(0);
  norm.backward(s.rows, values(sum_g), values(sum_gy));
  check_slopes(norm, expected[1], expected[2], dz, s.text() + ", slopes");
  check_dy(apply_slopes(g.detach(), y, norm.state), expected[0], dz, norm, /*bf16=*/false,
           s.text() + ", a g + b y + k");
}

// z = relu(bn(y) + x), or relu(bn(y) + bn'(x)) with a downsample; and backward through it to g and y.
void residual(const Shape& s, bool downsample) {
  std::string what = s.text() + (downsample ? ", downsample" : ", identity");
  Random random(s.seed + 2);
  a4j::NormWorkspace workspace;
  Norm norm(random, s.channels), x_norm(random, s.channels);
  at::Tensor y = random_activation(random, s.rows, s.channels, s.bf16),
             x = random_activation(random, s.rows, s.channels, s.bf16);
  at::Tensor dz = random_activation(random, s.rows, s.channels, s.bf16);
  at::Tensor leaf = as_double(y).requires_grad_();
  at::Tensor sum = norm.reference(leaf) + (downsample ? x_norm.reference(as_double(x)) : as_double(x));

  a4j::Activation ya = activation(y, s.channels), xa = activation(x, s.channels);
  at::Tensor z = at::empty_like(y);
  take_statistics(y, norm);
  if (downsample) {
    take_statistics(x, x_norm);
    a4j::norm_add_norm_relu(ya, norm.state, xa, x_norm.state, activation(z, s.channels));
  } else {
    a4j::norm_add_relu(ya, norm.state, xa, activation(z, s.channels));
  }
  check_error(error_of(z, at::relu(sum)), stored_bound(s.rows, s.bf16), what + ", forward");

  // The mask is that of the stored z; what passes keeps its bits.
  at::Tensor g = at::where(z > 0, dz, at::zeros_like(dz)), untouched = y.clone();
  a4j::Sums sums;
  a4j::residual_relu_backward(activation(dz, s.channels), activation(z, s.channels), ya, norm.state, sums, workspace);
  check(at::equal(z, g), what + ", g");
  check(at::equal(y, untouched), what + ", y is left alone");
  Tensors expected = torch::autograd::grad({sum}, {leaf, norm.reference_weight, norm.reference_bias}, {as_double(g)});
  norm.backward(s.rows, sums.s1, sums.s2);
  check_slopes(norm, expected[1], expected[2], g, what);
  check_dy(apply_slopes(g, y, norm.state), expected[0], g, norm, /*bf16=*/false, what + ", dy");
}

// ties: activations from a grid of few values, so that windows have several maxima; the first wins.
void stem(int images, int h, int w, bool bf16, bool ties) {
  constexpr int kChannels = 64;
  std::string what = "stem " + std::to_string(images) + "x" + std::to_string(h) + "x" + std::to_string(w) +
                     (bf16 ? " bf16" : " fp32") + (ties ? " with ties" : "");
  Random random(h * 100 + w);
  a4j::NormWorkspace workspace;
  Norm norm(random, kChannels);
  int64_t rows = static_cast<int64_t>(images) * h * w, out_h = (h + 1) / 2, out_w = (w + 1) / 2;
  at::Tensor y = random_activation(random, rows, kChannels, bf16);
  if (ties) y = rounded(at::round(as_double(y)), bf16);
  at::Tensor dz = random_activation(random, images * out_h * out_w, kChannels, bf16);
  at::Tensor leaf = as_double(y).view({images, h, w, kChannels}).requires_grad_();
  at::Tensor nchw = at::relu(norm.reference(leaf)).permute({0, 3, 1, 2}).contiguous();
  at::Tensor expected = at::max_pool2d(nchw, {3, 3}, {2, 2}, {1, 1}).permute({0, 2, 3, 1});
  Tensors slopes = torch::autograd::grad({expected}, {leaf, norm.reference_weight, norm.reference_bias},
                                         {as_double(dz).view({images, out_h, out_w, kChannels})});

  at::Tensor z = at::empty_like(dz);
  std::vector<uint8_t> taps(z.numel(), 255);
  a4j::Activation ya = activation(y, kChannels);
  take_statistics(y, norm);
  a4j::norm_relu_pool(ya, h, w, norm.state, activation(z, kChannels), taps.data());
  check_error(error_of(z.view(expected.sizes()), expected), stored_bound(rows, bf16), what + ", pool");
  check(std::all_of(taps.begin(), taps.end(), [](uint8_t tap) { return tap <= a4j::kNoTap; }), what + ", taps");
  a4j::Sums sums;
  a4j::norm_relu_pool_sums(activation(dz, kChannels), taps.data(), ya, h, w, norm.state, sums, workspace);
  norm.backward(rows, sums.s1, sums.s2);
  a4j::norm_relu_pool_backward(activation(dz, kChannels), taps.data(), ya, h, w, norm.state, workspace);
  check_dy(y, slopes[0], dz, norm, bf16, what + ", dy", /*inputs=*/4);
  check_slopes(norm, slopes[1], slopes[2], dz, what);
}

// A window with a NaN has a NaN, whatever follows it.
void pool_of_nan(bool bf16) {
  constexpr int kSide = 5, kChannels = 16, kWhere = 12 * kChannels + 3;  // the middle
  Random random(6);
  Norm norm(random, kChannels);
  at::Tensor y = random_activation(random, kSide * kSide, kChannels, bf16), z = at::empty({9, kChannels}, y.options());
  take_statistics(y, norm);
  y.view({-1})[kWhere] = NAN;
  std::vector<uint8_t> taps(z.numel());
  a4j::norm_relu_pool(activation(y, kChannels), kSide, kSide, norm.state, activation(z, kChannels), taps.data());
  at::Tensor lost = at::isnan(z).nonzero();
  check(lost.size(0) == 1 && at::equal(lost[0], at::tensor({4, 3})), "the one window with a NaN has one");
}

// A channel that is constant has variance 0: the output is the bias, and the slopes stay finite.
void constant_channel(bool bf16) {
  Random random(5);
  a4j::NormWorkspace workspace;
  Norm norm(random, 3);
  norm.bias = {0.5f, 0.25f, 1};
  at::Tensor y = rounded(at::full({40, 3}, 2.5), bf16), z = at::empty_like(y), zero = at::zeros_like(y),
             dz = at::ones_like(y);
  take_statistics(y, norm);
  a4j::norm_add_relu(activation(y, 3), norm.state, activation(zero, 3), activation(z, 3));
  check_error(error_of(z, from(norm.bias, {1, 3}).expand({40, 3})), 1e-3, "constant channel, output");
  a4j::Sums sums;
  a4j::residual_relu_backward(activation(dz, 3), activation(z, 3), activation(y, 3), norm.state, sums, workspace);
  norm.backward(40, sums.s1, sums.s2);
  check(at::isfinite(apply_slopes(z, y, norm.state)).all().item<bool>(), "constant channel, finite slopes");
  check(norm.bias_slope[0] == 40, "constant channel, bias slope");
}

// The pool in front of the heads, and back.
void average_pool(int images, int area, int channels, bool bf16) {
  std::string what = "average pool of " + std::to_string(images) + "x" + std::to_string(area) + "x" +
                     std::to_string(channels) + (bf16 ? " bf16" : " fp32");
  Random random(images + area + channels);
  at::Tensor z = random_activation(random, images * area, channels, bf16), dz = at::empty_like(z);
  std::vector<float> features(images * channels, NAN), slope = normal(random, images * channels);
  a4j::average_pool(activation(z, channels), images, features.data());
  a4j::average_pool_backward(slope.data(), images, activation(dz, channels));
  at::Tensor mean = as_double(z).view({images, area, channels}).mean(1);
  check_error(error_of(from(features, {images, channels}), mean), 1e-6, what);
  at::Tensor shared = from(slope, {images, 1, channels}).to(at::kDouble).expand({images, area, channels}) / area;
  check_error(error_of(dz.view(shared.sizes()), shared), bf16 ? 0x1p-8 : 1e-6, what + ", backward");
}

std::vector<char> bytes(const at::Tensor& t) {
  const char* first = static_cast<const char*>(t.data_ptr());
  return {first, first + t.nbytes()};
}

template <typename Vector>
void append(std::vector<char>& all, const Vector& values) {
  const char* first = reinterpret_cast<const char*>(values.data());
  all.insert(all.end(), first, first + values.size() * sizeof(float));
}

// Everything that all functions write, as bytes.
std::vector<char> everything(const Shape& s, int threads) {
  omp_set_num_threads(threads);
  Random random(s.seed);
  a4j::NormWorkspace workspace;
  Norm norm(random, s.channels), x_norm(random, s.channels);
  at::Tensor y = random_activation(random, s.rows, s.channels, s.bf16),
             x = random_activation(random, s.rows, s.channels, s.bf16);
  at::Tensor dz = random_activation(random, s.rows, s.channels, s.bf16), z = at::empty_like(y);
  std::vector<char> all;
  auto keep = [&](const at::Tensor& t) {
    std::vector<char> part = bytes(t);
    all.insert(all.end(), part.begin(), part.end());
  };
  a4j::Activation ya = activation(y, s.channels), xa = activation(x, s.channels), za = activation(z, s.channels);
  take_statistics(y, norm);
  take_statistics(x, x_norm);
  a4j::norm_add_relu(ya, norm.state, xa, za);
  keep(z);
  a4j::norm_add_norm_relu(ya, norm.state, xa, x_norm.state, za);
  keep(z);
  a4j::Sums sums;
  a4j::residual_relu_backward(activation(dz, s.channels), za, ya, norm.state, sums, workspace);
  norm.backward(s.rows, sums.s1, sums.s2);
  keep(z);
  for (const auto* v : {&norm.state.a, &norm.state.b, &norm.state.k}) append(all, *v);
  for (const auto* v : {&norm.weight_slope, &norm.bias_slope}) append(all, *v);
  if (s.channels != 64) return all;
  int h = 7, w = 9;
  int64_t images = s.rows / (h * w), used = images * h * w;
  at::Tensor image = x.narrow(0, 0, used).clone(), pooled = at::empty({images * 4 * 5, 64}, x.options());
  at::Tensor pooled_slope = dz.narrow(0, 0, pooled.size(0)).clone();
  std::vector<uint8_t> taps(pooled.numel());
  a4j::norm_relu_pool(activation(image, 64), h, w, norm.state, activation(pooled, 64), taps.data());
  a4j::Activation ia = activation(image, 64), pa = activation(pooled_slope, 64);
  a4j::norm_relu_pool_sums(pa, taps.data(), ia, h, w, norm.state, sums, workspace);
  norm.backward(used, sums.s1, sums.s2);
  a4j::norm_relu_pool_backward(pa, taps.data(), ia, h, w, norm.state, workspace);
  keep(pooled);
  keep(image);
  append(all, norm.weight_slope);
  return all;
}

void any_threads(const Shape& s) {
  std::vector<char> one = everything(s, 1);
  check(same_bits(one, everything(s, 1)), s.text() + ": same bits twice");
  check(same_bits(one, everything(s, 2)), s.text() + ": same bits on 2 threads");
  check(same_bits(one, everything(s, 5)), s.text() + ": same bits on 5 threads");
}

// What one table's loops write for one chunk.
std::vector<char> table_output(const a4j::NormKernels& k, const Shape& s) {
  Random random(s.seed);
  int c = s.channels;
  at::Tensor y = random_activation(random, s.rows, c, s.bf16), x = random_activation(random, s.rows, c, s.bf16);
  at::Tensor dz = random_activation(random, s.rows, c, s.bf16), z = at::empty_like(y);
  std::vector<float> scale = normal(random, c), shift = normal(random, c), mean = normal(random, c),
                     b = normal(random, c);
  std::vector<float> s1(c), s2(c), g = normal(random, s.rows * c);
  std::vector<char> all;
  auto keep = [&](const at::Tensor& t) {
    std::vector<char> part = bytes(t);
    all.insert(all.end(), part.begin(), part.end());
    append(all, s1);
    append(all, s2);
  };
  k.forward(s.rows, c, y.data_ptr(), scale.data(), shift.data(), x.data_ptr(), nullptr, nullptr, z.data_ptr());
  keep(z);
  k.forward(s.rows, c, y.data_ptr(), scale.data(), shift.data(), x.data_ptr(), mean.data(), b.data(), z.data_ptr());
  keep(z);
  k.residual_sums(s.rows, c, dz.data_ptr(), z.data_ptr(), y.data_ptr(), mean.data(), s1.data(), s2.data());
  keep(z);
  at::Tensor dy = y.clone();
  k.sums(s.rows, c, g.data(), y.data_ptr(), mean.data(), s1.data(), s2.data());
  k.apply(s.rows, c, g.data(), dy.data_ptr(), scale.data(), mean.data(), b.data());
  keep(dy);
  if (c > 64) return all;
  int h = 3, w = static_cast<int>(s.rows / 3), out = 2 * ((w + 1) / 2);
  std::vector<uint8_t> taps(static_cast<size_t>(out) * c);
  at::Tensor pooled = at::empty({out, c}, y.options());
  std::vector<float> unpooled(static_cast<size_t>(h) * w * c);
  for (size_t i = 0; i < taps.size(); i++) taps[i] = i % (a4j::kNoTap + 1);
  if (c % 16 == 0) {  // what pool takes
    k.pool(h, w, 0, (h + 1) / 2, c, y.data_ptr(), scale.data(), shift.data(), pooled.data_ptr(), taps.data());
    keep(pooled);
  }
  k.unpool(h, w, c, dz.data_ptr(), taps.data(), unpooled.data());
  append(all, unpooled);
  all.insert(all.end(), taps.begin(), taps.end());
  return all;
}

void any_instruction_set(const Shape& s) {
  std::vector<char> generic = table_output(a4j::norm_kernels_generic(s.bf16), s);
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    check(same_bits(generic, table_output(a4j::norm_kernels_avx2(s.bf16), s)),
          s.text() + ": avx2 gives generic's bits");
  }
  if (a4j::cpu_isa() >= a4j::Isa::kAvx512) {
    check(same_bits(generic, table_output(a4j::norm_kernels_avx512(s.bf16), s)),
          s.text() + ": avx512 gives generic's bits");
  }
}

void bf16_rounds_as_torch() {
  Random random(9);
  bool same = true;
  for (int i = 0; i < 1000000; i++) {
    uint32_t bits = i == 0 ? 0x7FFFFFFF : i == 1 ? 0xFFFFFFFF : random();
    float value;
    std::memcpy(&value, &bits, sizeof value);
    a4j::bf16 stored;
    a4j::store(&stored, value);
    if (std::isnan(value)) {
      same = same && std::isnan(a4j::load(&stored));
      continue;
    }
    same = same && stored.bits == c10::BFloat16(value).x;
    same = same && (std::isinf(a4j::load(&stored)) || a4j::load(&stored) == static_cast<float>(c10::BFloat16(value)));
  }
  check(same, "bf16 rounds to nearest even, as torch does");
}

}  // namespace

int main() {
  if (isa_missing("norm_test")) return kSkipped;
  int seed = 1;
  for (bool bf16 : {false, true}) {
    for (int channels : {1, 3, 17, 64, 256}) {
      for (int64_t rows : {2, 3, 7, 61, 1000, 2049}) {
        Shape s{rows, channels, bf16, seed++};
        statistics(s);
        slopes(s);
        for (bool downsample : {false, true}) residual(s, downsample);
        any_instruction_set(s);
      }
      statistics({1, channels, bf16, seed++});
      any_threads({1500, channels, bf16, seed++});
    }
    for (bool ties : {false, true}) {
      stem(2, 16, 16, bf16, ties);
      stem(3, 7, 9, bf16, ties);
      stem(1, 1, 1 + 4, bf16, ties);
      stem(2, 2, 3, bf16, ties);
    }
    constant_channel(bf16);
    pool_of_nan(bf16);
    average_pool(1, 1, 5, bf16);
    average_pool(3, 16, 2048, bf16);
  }
  bf16_rounds_as_torch();
  return report("norm_test");
}
