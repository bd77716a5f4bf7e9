// ops/conv.h against at::conv2d in double and its autograd: every source and epilogue in both storage
// types; a conv - batch norm - ReLU - conv chain against autograd and finite differences; the same bits
// for any number of threads, and all builds of the kernels against each other.
#include "ops/conv.h"

#include <ATen/ATen.h>
#include <omp.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>

#include "check.h"
#include "required_isa.h"
#include "ops/cpu/conv_kernels.h"
#include "ops/cpu/winograd.h"

using namespace a4j_test;
using a4j::ConvShape;
using a4j::Epilogue;
using a4j::Source;

namespace {

using Tensors = std::vector<at::Tensor>;

// fp32 sums of up to some thousand products, relative to the largest; rounding to bf16, relative to
// the largest; sums over rows, relative to the sum of their terms' magnitudes; moments, whose fp32 sums
// run over a block of at most 384 rows, Winograd's of 768, in units of the rows' deviation and distance to the pivot.
constexpr double kFp32Bound = 5e-6;
constexpr double kBf16Bound = 1.0 / 256;
constexpr double kSumBound = 2e-6;
constexpr double kMomentBound = 384 * 6e-8, kWinogradMomentBound = 768 * 6e-8;
constexpr int kGuard = 64;  // elements behind an output that must stay as they are

at::ScalarType storage(bool bf16) { return bf16 ? at::kBFloat16 : at::kFloat; }
double stored_bound(bool bf16) { return bf16 ? kBf16Bound : kFp32Bound; }

at::Tensor as_double(const at::Tensor& t) { return t.detach().to(at::kDouble).contiguous(); }

// Whether the kernels in force multiply what is rounded to bf16.
bool dot_products(bool bf16) { return bf16 && a4j::cpu_isa() >= a4j::Isa::kAvx512Bf16; }

// Fp32 values as they are multiplied.
at::Tensor factors(const at::Tensor& values, bool bf16) {
  return as_double(dot_products(bf16) ? values.to(at::kFloat).to(at::kBFloat16) : values);
}

double moment_bound(const ConvShape& s) { return a4j::winograd_applies(s) ? kWinogradMomentBound : kMomentBound; }

// Gradients by Winograd round sums of four values instead.
double gradient_bound(const ConvShape& s, bool bf16, double bound) {
  return dot_products(bf16) && a4j::winograd_applies(s) ? 3 * kBf16Bound : bound;
}

at::Tensor as_double(const std::vector<double>& v) {
  return at::from_blob(const_cast<double*>(v.data()), {static_cast<int64_t>(v.size())}, at::kDouble).clone();
}

at::Tensor from(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape).clone();
}

double error_of(const at::Tensor& ours, const at::Tensor& reference) {
  at::Tensor a = as_double(ours), b = as_double(reference);
  return a.numel() == b.numel() ? error(a.data_ptr<double>(), b.data_ptr<double>(), b.numel(), 1e-30) : INFINITY;
}

std::string text(const ConvShape& s) {
  auto n = [](int value) { return std::to_string(value); };
  return n(s.images) + "x" + n(s.height) + "x" + n(s.width) + " " + n(s.in) + "->" + n(s.out) + " kernel " +
         n(s.kernel) + " stride " + n(s.stride);
}

const char* name(Source::Kind kind) {
  constexpr const char* kNames[] = {"plain", "norm relu", "norm backward", "norm relu backward", "patches"};
  return kNames[kind];
}

const char* name(Epilogue::Kind kind) {
  constexpr const char* kNames[] = {"store", "moments", "norm relu", "residual", "add", "bias"};
  return kNames[kind];
}

// Scratch memory that is NaN before every call: what is used without being written shows.
a4j::ConvWorkspace& poisoned() {
  static a4j::ConvWorkspace workspace;
  a4j::ConvWorkspace& w = workspace;
  for (auto* v : {&w.weights, &w.points, &w.partial_sums, &w.scratch}) {
    std::fill(v->begin(), v->end(), NAN);
  }
  return workspace;
}

// [pixels][channels] values of storage, and all that a source may combine them with.
struct Operand {
  Operand(Random& random, int64_t pixels, int channels, bool bf16, double mean = 0, double deviation = 1)
      : data(from(normal(random, pixels * channels, mean, deviation), {pixels, channels}).to(storage(bf16))),
        y(from(normal(random, pixels * channels, 0.3, 1), {pixels, channels}).to(storage(bf16))),
        scale(uniform(random, channels, -1.5, 1.5)),
        shift(normal(random, channels, 0.1, 0.5)),
        a(uniform(random, channels, -1.5, 1.5)),
        b(normal(random, channels, 0, 0.1)),
        k(normal(random, channels, 0, 0.1)) {}

  Source source(Source::Kind kind) const {
    Source s;
    s.kind = kind;
    s.data = data.data_ptr();
    s.scale = scale.data();
    s.shift = shift.data();
    if (kind == Source::kNormBackward || kind == Source::kNormReluBackward) {
      s.y = y.data_ptr();
      s.a = a.data();
      s.b = b.data();
      s.k = k.data();
    }
    return s;
  }

  at::Tensor channelwise(const std::vector<float>& v) const { return from(v, {static_cast<int64_t>(v.size())}); }

  // Where scale u + shift > 0, in fp32: a double would differ where it is 0 up to rounding.
  at::Tensor mask(const at::Tensor& u) const { return u.to(at::kFloat) * channelwise(scale) + channelwise(shift) > 0; }

  // What a convolution multiplies: the formula in fp32, as is decisive for how bf16 is rounded.
  at::Tensor values(Source::Kind kind) const { return factors(formula(kind), data.scalar_type() == at::kBFloat16); }

  at::Tensor formula(Source::Kind kind) const {
    at::Tensor x = data.to(at::kFloat);
    if (kind == Source::kPlain) return x;
    if (kind == Source::kNormRelu) return at::relu(x * channelwise(scale) + channelwise(shift));
    at::Tensor g = kind == Source::kNormReluBackward ? x * mask(y) : x;
    return channelwise(a) * g + (channelwise(b) * y.to(at::kFloat) + channelwise(k));
  }

  at::Tensor data, y;
  std::vector<float> scale, shift, a, b, k;
};

at::Tensor nchw(const at::Tensor& pixels, int images, int height, int width) {
  return pixels.view({images, height, width, -1}).permute({0, 3, 1, 2}).contiguous();
}

at::Tensor pixels(const at::Tensor& nchw) {
  return nchw.permute({0, 2, 3, 1}).reshape({-1, nchw.size(1)}).contiguous();
}

at::Tensor oihw(const ConvShape& s, const std::vector<float>& weights) {
  return from(weights, {s.out, s.kernel, s.kernel, s.in}).to(at::kDouble).permute({0, 3, 1, 2}).contiguous();
}

std::vector<float> random_weights(Random& random, const ConvShape& s, double mean = 0) {
  return normal(random, s.weights(), mean, 1 / std::sqrt(double(s.in) * s.kernel * s.kernel));
}

// conv2d of [pixels][in] values, as [pixels][out].
at::Tensor reference(const ConvShape& s, const at::Tensor& x, const at::Tensor& weights) {
  return pixels(at::conv2d(nchw(x, s.images, s.height, s.width), weights, {}, s.stride, s.kernel / 2));
}

// The operands of all epilogues for an output of [pixels][channels], and what must come out of each.
struct Finish {
  Finish(Random& random, int64_t pixels, int channels, bool bf16)
      : y(random, pixels, channels, bf16, 0.3),
        y2(random, pixels, channels, bf16, -2),
        add(random, pixels, channels, bf16),
        z(at::relu(Operand(random, pixels, channels, bf16).data)),
        before(Operand(random, pixels, channels, bf16).data),
        mean(normal(random, channels, 0.3, 0.1)),
        mean2(normal(random, channels, -2, 0.1)),
        bias(normal(random, channels)) {}

  Epilogue epilogue(Epilogue::Kind kind, bool option) const {
    Epilogue e;
    e.kind = kind;
    if (kind == Epilogue::kNormRelu || kind == Epilogue::kResidual) {
      e.y = y.data.data_ptr();
      e.mean = mean.data();
    }
    if (kind == Epilogue::kNormRelu) {
      e.scale = y.scale.data();
      e.shift = y.shift.data();
    }
    if (kind == Epilogue::kResidual) e.add = add.data.data_ptr();
    if (kind == Epilogue::kResidual && option) {
      e.y2 = y2.data.data_ptr();
      e.mean2 = mean2.data();
    }
    if (kind == Epilogue::kBias) e.bias = bias.data();
    e.accumulate = e.relu = option;
    return e;
  }

  // What is stored for a product v.
  at::Tensor stored(Epilogue::Kind kind, bool option, const at::Tensor& v) const {
    if (kind == Epilogue::kResidual) return (v + as_double(add.data)) * (z > 0);
    if (kind == Epilogue::kAdd) return v + as_double(before);
    if (kind != Epilogue::kBias) return v;
    at::Tensor sum = v + from(bias, {v.size(1)});
    return option ? at::relu(sum + as_double(before)) : sum;
  }

  // The sums, from what was stored.
  void check_sums(Epilogue::Kind kind, bool option, const at::Tensor& out, const a4j::Sums& sums, double moments,
                  const std::string& what) const {
    at::Tensor g = as_double(out);
    if (kind == Epilogue::kMoments) return check_moments(g, sums, moments, what);
    if (kind == Epilogue::kNormRelu) g = g * y.mask(y.data);
    if (kind != Epilogue::kNormRelu && kind != Epilogue::kResidual) return;
    check_sum(sums.s1, g, what + ", sum g");
    check_sum(sums.s2, g * (as_double(y.data) - from(mean, {g.size(1)})), what + ", sum g (y - mean)");
    if (kind == Epilogue::kResidual && option) {
      check_sum(sums.s3, g * (as_double(y2.data) - from(mean2, {g.size(1)})), what + ", sum g (y2 - mean2)");
    }
  }

  static void check_sum(const std::vector<double>& ours, const at::Tensor& terms, const std::string& what) {
    at::Tensor off = (as_double(ours) - terms.sum(0)).abs() / (terms.abs().sum(0) + 1e-30);
    check_error(off.max().item<double>(), kSumBound, what);
  }

  // Mean and variance to fp32's digits of what the rows differ by, however far the mean is from 0.
  static void check_moments(const at::Tensor& out, const a4j::Sums& sums, double bound, const std::string& what) {
    double n = static_cast<double>(out.size(0));
    at::Tensor mean = out.mean(0), expected = out.var(0, /*unbiased=*/false);
    at::Tensor farthest = std::get<0>((out - mean).abs().max(0));
    at::Tensor pivot = as_double(sums.s3), near = (pivot - mean).abs();
    // A row of products: the stored row is off by its rounding.
    at::Tensor within = near <= farthest + (mean.abs() + farthest) / 256;
    check(within.all().item<bool>(), what + ": the pivot is within the data");
    at::Tensor offset = as_double(sums.s1) / n, variance = as_double(sums.s2) / n - offset * offset;
    at::Tensor unit = at::sqrt(expected) + near + 1e-30;
    check_error(((pivot + offset - mean).abs() / unit).max().item<double>(), bound, what + ", mean");
    check_error(((variance - expected).abs() / (unit * unit)).max().item<double>(), bound, what + ", variance");
  }

  Operand y, y2, add;
  at::Tensor z, before;
  std::vector<float> mean, mean2, bias;
};

struct Case {
  ConvShape shape;
  bool bf16;
  int seed;

  std::string text() const { return ::text(shape) + (bf16 ? " bf16" : " fp32"); }
};

constexpr Source::Kind kSources[] = {Source::kPlain, Source::kNormRelu, Source::kNormBackward,
                                     Source::kNormReluBackward};
constexpr Epilogue::Kind kEpilogues[] = {Epilogue::kStore,    Epilogue::kMoments, Epilogue::kNormRelu,
                                         Epilogue::kResidual, Epilogue::kAdd,     Epilogue::kBias};

// Calls the convolution with every epilogue and checks what it writes. An option is a second y of
// kResidual, the sum and ReLU of kBias.
using Convolution = std::function<void(void* out, const Epilogue&, a4j::Sums*, a4j::ConvWorkspace&)>;

// moments: their bound, or 0 where they are not taken.
void check_epilogues(const Finish& finish, const at::Tensor& v, bool bf16, double moments, double bound,
                     const std::string& what, const Convolution& convolution) {
  for (Epilogue::Kind kind : kEpilogues) {
    if (kind == Epilogue::kMoments && moments == 0) continue;
    for (bool option : {false, true}) {
      if (option && kind != Epilogue::kResidual && kind != Epilogue::kBias) continue;
      std::string where = what + ", " + name(kind) + (option ? " with all" : "");
      at::Tensor buffer = at::full({v.numel() + kGuard}, NAN, storage(bf16));
      at::Tensor out = buffer.narrow(0, 0, v.numel()).view(v.sizes()), guard = buffer.narrow(0, v.numel(), kGuard);
      Epilogue epilogue = finish.epilogue(kind, option);
      if (kind == Epilogue::kAdd || epilogue.accumulate) out.copy_(finish.before);
      if (kind == Epilogue::kResidual) out.copy_(finish.z);
      a4j::Sums sums;
      convolution(out.data_ptr(), epilogue, &sums, poisoned());
      check_error(error_of(out, finish.stored(kind, option, v)), bound, where);
      check(guard.isnan().all().item<bool>(), where + ": nothing is written behind the output");
      finish.check_sums(kind, option, out, sums, moments, where);
    }
  }
}

void forward(const Case& c) {
  const ConvShape& s = c.shape;
  Random random(c.seed);
  Operand x(random, s.in_pixels(), s.in, c.bf16, 0.2);
  std::vector<float> weights = random_weights(random, s);
  at::Tensor w = factors(oihw(s, weights), c.bf16);
  Finish finish(random, s.out_pixels(), s.out, c.bf16);
  for (Source::Kind kind : kSources) {
    std::string what = c.text() + ", forward of " + name(kind);
    check_epilogues(finish, reference(s, x.values(kind), w), c.bf16, moment_bound(s), stored_bound(c.bf16), what,
                    [&](void* out, const Epilogue& e, a4j::Sums* sums, a4j::ConvWorkspace& workspace) {
                      a4j::conv_forward(s, c.bf16, x.source(kind), weights.data(), out, e, sums, workspace);
                    });
  }
}

// Weights packed before give the same values, and sums may be left out.
void packed(const Case& c) {
  const ConvShape& s = c.shape;
  Random random(c.seed);
  Operand x(random, s.in_pixels(), s.in, c.bf16);
  std::vector<float> weights = random_weights(random, s);
  a4j::Floats packed = a4j::conv_pack(s, c.bf16, weights.data());
  at::Tensor one = at::empty({s.out_pixels(), s.out}, storage(c.bf16)), two = at::empty_like(one);
  Source source = x.source(Source::kPlain);
  a4j::conv_forward(s, c.bf16, source, weights.data(), one.data_ptr(), Epilogue(), nullptr, poisoned());
  a4j::conv_forward_packed(s, c.bf16, source, packed.data(), two.data_ptr(), Epilogue(), nullptr, poisoned());
  check(two.equal(one), c.text() + ": packed weights give the same");
}

// An image alone gives the same bits as among others: few tiles are multiplied in another order.
void one_of_many(const Case& c) {
  ConvShape many = c.shape, one = many;
  one.images = 1;
  Random random(c.seed);
  Operand x(random, many.in_pixels(), many.in, c.bf16);
  std::vector<float> weights = random_weights(random, many);
  a4j::Floats packed = a4j::conv_pack(many, c.bf16, weights.data());
  at::Tensor all = at::empty({many.out_pixels(), many.out}, storage(c.bf16));
  at::Tensor first = at::empty({one.out_pixels(), one.out}, storage(c.bf16));
  Source source = x.source(Source::kPlain);
  a4j::conv_forward_packed(many, c.bf16, source, packed.data(), all.data_ptr(), Epilogue(), nullptr, poisoned());
  a4j::conv_forward_packed(one, c.bf16, source, packed.data(), first.data_ptr(), Epilogue(), nullptr, poisoned());
  check(first.equal(all.narrow(0, 0, one.out_pixels())), c.text() + ": an image alone gives the same");
}

void backward_input(const Case& c) {
  const ConvShape& s = c.shape;
  Random random(c.seed + 1);
  Operand dy(random, s.out_pixels(), s.out, c.bf16);
  std::vector<float> weights = random_weights(random, s);
  at::Tensor w = factors(oihw(s, weights), c.bf16);
  at::Tensor leaf = at::zeros({s.in_pixels(), s.in}, at::kDouble).requires_grad_();
  at::Tensor y = reference(s, leaf, w);
  Finish finish(random, s.in_pixels(), s.in, c.bf16);
  for (Source::Kind kind : kSources) {
    at::Tensor v = torch::autograd::grad({y}, {leaf}, {dy.values(kind)}, /*retain_graph=*/true)[0];
    // A stride's residues are products of their own, and moments need one pivot: they are forward's.
    check_epilogues(finish, v, c.bf16, s.stride == 1 ? moment_bound(s) : 0,
                    gradient_bound(s, c.bf16, stored_bound(c.bf16)),
                    c.text() + ", backward to the input of " + name(kind),
                    [&](void* out, const Epilogue& e, a4j::Sums* sums, a4j::ConvWorkspace& workspace) {
                      a4j::conv_backward_input(s, c.bf16, dy.source(kind), weights.data(), out, e, sums, workspace);
                    });
  }
}

// dw in a guarded buffer against autograd's [out, in, kernel, kernel].
void check_weight_gradient(const ConvShape& s, bool bf16, const Source& x, const Source& dy, const at::Tensor& expected,
                           const std::string& what) {
  std::vector<float> dw(s.weights() + kGuard, NAN);
  a4j::conv_backward_weights(s, bf16, x, dy, dw.data(), poisoned());
  bool untouched = std::all_of(dw.end() - kGuard, dw.end(), [](float v) { return std::isnan(v); });
  check(untouched, what + ": nothing is written behind dw");
  check_error(error_of(oihw(s, dw), expected), gradient_bound(s, bf16, kFp32Bound), what);
}

void backward_weights(const Case& c) {
  const ConvShape& s = c.shape;
  Random random(c.seed + 2);
  Operand x(random, s.in_pixels(), s.in, c.bf16, 0.2), dy(random, s.out_pixels(), s.out, c.bf16);
  at::Tensor leaf = at::zeros({s.out, s.in, s.kernel, s.kernel}, at::kDouble).requires_grad_();
  for (Source::Kind of_x : kSources) {
    at::Tensor y = reference(s, x.values(of_x), leaf);
    for (Source::Kind of_dy : kSources) {
      at::Tensor dw = torch::autograd::grad({y}, {leaf}, {dy.values(of_dy)}, /*retain_graph=*/true)[0];
      check_weight_gradient(s, c.bf16, x.source(of_x), dy.source(of_dy), dw,
                            c.text() + ", backward to the weights of " + name(of_x) + " and " + name(of_dy));
    }
  }
}

// The stem: a 7x7 stride 2 convolution with padding 3 of images, as a 1x1 one of their patches.
void patches(int images, int height, int width, int out, bool bf16) {
  int rows = (height + 1) / 2, columns = (width + 1) / 2;
  ConvShape s{images, rows, columns, a4j::kPatchValues, out, 1, 1};
  std::string what = "patches of " + text({images, height, width, 3, out, 7, 2}) + (bf16 ? " bf16" : " fp32");
  Random random(height * 100 + width);
  at::Tensor image = from(normal(random, int64_t(images) * height * width * 3), {images, height, width, 3});
  at::Tensor bordered = at::zeros({images, 2 * rows + 6, 2 * columns + 6, 3});
  bordered.narrow(1, 3, height).narrow(2, 3, width).copy_(image);
  std::vector<float> weights = random_weights(random, s);
  at::Tensor w = factors(from(weights, {out, 7, 7, 3}).permute({0, 3, 1, 2}), bf16).requires_grad_();
  at::Tensor v = pixels(at::conv2d(factors(image, bf16).permute({0, 3, 1, 2}), w, {}, 2, 3));
  Source source;
  source.kind = Source::kPatches;
  source.data = bordered.data_ptr();
  source.patch_rows = rows;
  source.patch_columns = columns;
  Finish finish(random, s.out_pixels(), out, bf16);
  check_epilogues(finish, v.detach(), bf16, kMomentBound, stored_bound(bf16), what,
                  [&](void* y, const Epilogue& e, a4j::Sums* sums, a4j::ConvWorkspace& workspace) {
                    a4j::conv_forward(s, bf16, source, weights.data(), y, e, sums, workspace);
                  });
  Operand dy(random, s.out_pixels(), out, bf16);
  at::Tensor dw = torch::autograd::grad({v}, {w}, {dy.values(Source::kNormBackward)})[0];
  std::vector<float> ours(s.weights(), NAN);
  a4j::conv_backward_weights(s, bf16, source, dy.source(Source::kNormBackward), ours.data(), poisoned());
  check_error(error_of(from(ours, {out, 7, 7, 3}), dw.permute({0, 2, 3, 1})), kFp32Bound, what + ", weight gradient");
}

// Outputs whose mean is thousands of deviations from 0.
void distant_mean(bool bf16) {
  ConvShape s{3, 31, 33, 16, 70, 1, 1};
  Random random(8);
  Operand x(random, s.in_pixels(), s.in, bf16, 1, bf16 ? 0.2 : 1e-3);
  std::vector<float> weights = random_weights(random, s, /*mean=*/10);
  at::Tensor out = at::empty({s.out_pixels(), s.out}, storage(bf16));
  Epilogue moments;
  moments.kind = Epilogue::kMoments;
  a4j::Sums sums;
  a4j::conv_forward(s, bf16, x.source(Source::kPlain), weights.data(), out.data_ptr(), moments, &sums, poisoned());
  at::Tensor stored = as_double(out);
  double ratio = (stored.mean(0).abs() / at::sqrt(stored.var(0))).min().item<double>();
  check(ratio > (bf16 ? 10 : 1000), "the distant mean is distant: " + std::to_string(ratio) + " deviations");
  Finish::check_moments(stored, sums, kMomentBound, std::string("distant mean, ") + (bf16 ? "bf16" : "fp32"));
}

// Two convolutions with a batch norm and ReLU between them, as the training step runs them.
struct Chain {
  static constexpr ConvShape kFirst{2, 5, 6, 3, 4, 3, 2}, kSecond{2, 3, 3, 4, 5, 3, 1};

  explicit Chain(int seed) : state(kFirst.out) {
    Random random(seed);
    x = from(normal(random, kFirst.in_pixels() * kFirst.in), {kFirst.in_pixels(), kFirst.in});
    upstream = from(normal(random, kSecond.out_pixels() * kSecond.out), {kSecond.out_pixels(), kSecond.out});
    first = random_weights(random, kFirst);
    second = random_weights(random, kSecond);
    weight = uniform(random, kFirst.out, 0.5, 1.5);
    bias = normal(random, kFirst.out, 0.2, 0.3);
  }

  // sum upstream * conv(relu(bn(conv(x)))).
  double forward() {
    std::vector<float> mean(kFirst.out), var(kFirst.out, 1);
    y = at::empty({kFirst.out_pixels(), kFirst.out});
    out = at::empty_like(upstream);
    Epilogue moments;
    moments.kind = Epilogue::kMoments;
    a4j::Sums sums;
    Source input;
    input.data = x.data_ptr();
    a4j::conv_forward(kFirst, false, input, first.data(), y.data_ptr(), moments, &sums, poisoned());
    a4j::norm_statistics(y.size(0), sums, {weight.data(), bias.data(), mean.data(), var.data()}, state);
    a4j::conv_forward(kSecond, false, normalised(), second.data(), out.data_ptr(), Epilogue(), nullptr, poisoned());
    return (as_double(out) * as_double(upstream)).sum().item<double>();
  }

  Source normalised() const {
    Source s;
    s.kind = Source::kNormRelu;
    s.data = y.data_ptr();
    s.scale = state.scale.data();
    s.shift = state.shift.data();
    return s;
  }

  // Slopes of all inputs, in the order of inputs().
  std::vector<std::vector<float>> backward() {
    Source dout, input;
    dout.data = upstream.data_ptr();
    input.data = x.data_ptr();
    Epilogue into_relu;
    into_relu.kind = Epilogue::kNormRelu;
    into_relu.y = y.data_ptr();
    into_relu.scale = state.scale.data();
    into_relu.shift = state.shift.data();
    into_relu.mean = state.mean.data();
    at::Tensor dz = at::empty_like(y), dx = at::empty_like(x);
    std::vector<float> d_first(first.size()), d_second(second.size()), d_weight(weight.size()), d_bias(bias.size());
    a4j::Sums sums;
    a4j::conv_backward_weights(kSecond, false, normalised(), dout, d_second.data(), poisoned());
    a4j::conv_backward_input(kSecond, false, dout, second.data(), dz.data_ptr(), into_relu, &sums, poisoned());
    a4j::norm_slopes(sums.s1, sums.s2, state, {d_weight.data(), d_bias.data()});
    a4j::norm_coefficients(y.size(0), sums.s1, sums.s2, state);
    Source dy = normalised();
    dy.kind = Source::kNormReluBackward;
    dy.y = y.data_ptr();
    dy.data = dz.data_ptr();
    dy.a = state.a.data();
    dy.b = state.b.data();
    dy.k = state.k.data();
    a4j::conv_backward_weights(kFirst, false, input, dy, d_first.data(), poisoned());
    a4j::conv_backward_input(kFirst, false, dy, first.data(), dx.data_ptr(), Epilogue(), nullptr, poisoned());
    return {{dx.data_ptr<float>(), dx.data_ptr<float>() + dx.numel()}, d_first, d_weight, d_bias, d_second};
  }

  struct Input {
    const char* name;
    float* values;
    int64_t count;
  };

  std::vector<Input> inputs() {
    return {{"x", x.data_ptr<float>(), x.numel()},
            {"first weights", first.data(), static_cast<int64_t>(first.size())},
            {"norm weight", weight.data(), static_cast<int64_t>(weight.size())},
            {"norm bias", bias.data(), static_cast<int64_t>(bias.size())},
            {"second weights", second.data(), static_cast<int64_t>(second.size())}};
  }

  at::Tensor x, upstream, y, out;
  std::vector<float> first, second, weight, bias;
  a4j::NormState state;
};

void chain_against_autograd() {
  Chain chain(21);
  chain.forward();
  std::vector<std::vector<float>> ours = chain.backward();
  auto flat = [](const std::vector<float>& v) { return from(v, {static_cast<int64_t>(v.size())}).to(at::kDouble); };
  at::Tensor x = as_double(chain.x), weight = flat(chain.weight), bias = flat(chain.bias);
  at::Tensor first = oihw(Chain::kFirst, chain.first), second = oihw(Chain::kSecond, chain.second);
  for (at::Tensor* leaf : {&x, &first, &weight, &bias, &second}) leaf->requires_grad_();
  at::Tensor y = reference(Chain::kFirst, x, first), centred = y - y.mean(0);
  at::Tensor z = at::relu(centred / at::sqrt((centred * centred).mean(0) + 1e-5) * weight + bias);
  at::Tensor out = reference(Chain::kSecond, z, second);
  check_error(error_of(chain.out, out), 1e-5, "chain, output");
  Tensors slopes = torch::autograd::grad({out}, {x, first, weight, bias, second}, {as_double(chain.upstream)});
  for (int i : {1, 4}) slopes[i] = slopes[i].permute({0, 2, 3, 1});  // OHWI, as ours
  for (size_t i = 0; i < ours.size(); i++) {
    check_error(error_of(flat(ours[i]), slopes[i].reshape({-1})), 1e-5,
                std::string("chain, slope of ") + chain.inputs()[i].name);
  }
}

// Central differences of our own forward; a ReLU's kink within the step may spoil single elements.
void chain_against_differences() {
  constexpr float kStep = 2e-3f;
  Chain chain(22);
  chain.forward();
  std::vector<std::vector<float>> slopes = chain.backward();
  std::vector<Chain::Input> inputs = chain.inputs();
  for (size_t i = 0; i < inputs.size(); i++) {
    std::vector<double> differences;
    for (int64_t j = 0; j < inputs[i].count; j++) {
      float saved = inputs[i].values[j];
      inputs[i].values[j] = saved + kStep;
      double above = chain.forward();
      inputs[i].values[j] = saved - kStep;
      double below = chain.forward();
      inputs[i].values[j] = saved;
      differences.push_back((above - below) / (2.0 * kStep));
    }
    check_error(error(slopes[i].data(), differences.data(), inputs[i].count), 5e-3,
                std::string("differences by ") + inputs[i].name);
  }
}

void append(std::vector<char>& all, const void* data, size_t bytes) {
  const char* first = static_cast<const char*>(data);
  all.insert(all.end(), first, first + bytes);
}

void append(std::vector<char>& all, const a4j::Sums& sums) {
  for (const auto* s : {&sums.s1, &sums.s2, &sums.s3}) append(all, s->data(), s->size() * sizeof(double));
}

// Everything that all functions write, as bytes.
std::vector<char> everything(const Case& c, int threads) {
  omp_set_num_threads(threads);
  const ConvShape& s = c.shape;
  Random random(c.seed);
  Operand x(random, s.in_pixels(), s.in, c.bf16), dy(random, s.out_pixels(), s.out, c.bf16);
  std::vector<float> weights = random_weights(random, s), dw(weights.size());
  Finish behind(random, s.out_pixels(), s.out, c.bf16), before(random, s.in_pixels(), s.in, c.bf16);
  at::Tensor y = behind.z.clone(), dx = before.z.clone();
  Source activation = x.source(Source::kNormRelu), gradient = dy.source(Source::kNormReluBackward);
  std::vector<char> all;
  a4j::Sums sums;
  for (Epilogue::Kind kind : {Epilogue::kResidual, Epilogue::kMoments, Epilogue::kNormRelu}) {
    Epilogue e = behind.epilogue(kind, true);
    a4j::conv_forward(s, c.bf16, activation, weights.data(), y.data_ptr(), e, &sums, poisoned());
    append(all, y.data_ptr(), y.nbytes());
    append(all, sums);
  }
  a4j::conv_forward(s, c.bf16, activation, weights.data(), y.data_ptr(), Epilogue(), nullptr, poisoned());
  append(all, y.data_ptr(), y.nbytes());
  for (Epilogue::Kind kind : {Epilogue::kResidual, Epilogue::kNormRelu}) {
    Epilogue e = before.epilogue(kind, true);
    a4j::conv_backward_input(s, c.bf16, gradient, weights.data(), dx.data_ptr(), e, &sums, poisoned());
    append(all, dx.data_ptr(), dx.nbytes());
    append(all, sums);
  }
  a4j::conv_backward_weights(s, c.bf16, activation, gradient, dw.data(), poisoned());
  append(all, dw.data(), dw.size() * sizeof(float));
  return all;
}

void any_threads(const Case& c) {
  int threads = omp_get_max_threads();
  std::vector<char> one = everything(c, 1);
  for (int count : {1, 2, 3}) {
    check(same_bits(one, everything(c, count)), c.text() + ": same bits on 1 and " +
                                                  std::to_string(count) + " threads");
  }
  omp_set_num_threads(threads);
}

// What one table's loops write for one block. Products of all tables as [6][64], whatever their panel.
constexpr int kWidest = 64;

struct TableOutput {
  std::vector<char> elementwise;  // reading and finishing
  std::vector<float> products;
};

// What one table's Winograd transforms write.
std::vector<char> winograd_output(const a4j::WinogradKernels& k) {
  constexpr int kCount = 48, kStride = kCount + 5;
  int points_of_tile = k.positions(), pixels_of_tile = k.outputs * k.outputs;
  Random random(3);
  std::vector<float> in = normal(random, 2 * points_of_tile * kStride), points(points_of_tile * kStride),
                     pixels(pixels_of_tile * kStride), taps(9 * kCount);
  std::vector<const float*> lines;
  for (int i = 0; i < points_of_tile; i++) lines.push_back(in.data() + i * kStride);
  std::vector<char> all;
  auto keep = [&](const std::vector<float>& v) { append(all, v.data(), v.size() * sizeof(float)); };
  k.input(lines.data(), kCount, points.data(), kStride, a4j::kWhole);
  keep(points);
  k.input(lines.data(), kCount, points.data(), 16, {16, 16 * points_of_tile});
  keep(points);
  k.output_gradient(lines.data(), kCount, points.data(), kStride, a4j::kWhole);
  keep(points);
  k.weights(in.data() + 8 * kStride, -kStride, kCount, points.data(), kStride);
  keep(points);
  k.output(in.data(), kStride, kCount, pixels.data(), kStride);
  keep(pixels);
  k.weights_gradient(in.data(), kStride, 2, points_of_tile * kStride, kCount, taps.data());
  keep(taps);
  return all;
}

// Rows [pixels][ld] read in groups.
void check_groups(const a4j::ConvKernels& k, const Source& source, int64_t first, int64_t pixels, int channels,
                  const float* rows, int64_t ld) {
  constexpr int kSize = 24;
  a4j::Groups groups{kSize, pixels * kSize};
  std::vector<float> grouped((channels + kSize - 1) / kSize * groups.step);
  k.read_groups(source, first, pixels, channels, grouped.data(), groups);
  bool same = true;
  for (int64_t p = 0; p < pixels; p++) {
    for (int c = 0; c < channels; c++) same &= grouped[groups.at(c) + p * kSize] == rows[p * ld + c];
  }
  check(same, "rows read in groups, " + std::to_string(channels) + " channels");
}

TableOutput table_output(const a4j::ConvKernels& k, int channels, bool bf16) {
  constexpr int kPixels = 7, kFirst = 2, kDepth = 150;
  Random random(channels);
  Operand x(random, kFirst + kPixels, channels, bf16);
  Finish finish(random, kPixels, channels, bf16);
  TableOutput all;
  int64_t ld = channels + 3;
  std::vector<float> rows(kPixels * ld, 7);
  for (Source::Kind kind : kSources) {
    k.read(x.source(kind), kFirst, kPixels, channels, rows.data(), ld);
    check_groups(k, x.source(kind), kFirst, kPixels, channels, rows.data(), ld);
    append(all.elementwise, rows.data(), rows.size() * sizeof(float));
  }
  for (Epilogue::Kind kind : kEpilogues) {
    for (bool option : {false, true}) {
      at::Tensor out = finish.before.clone();
      std::vector<float> s1(channels), s2(channels), s3(channels, 0.5f);
      int column = channels / 3;
      for (int64_t p = 0; p < kPixels; p++) {
        k.finish(finish.epilogue(kind, option), rows.data() + p * ld + column, p * channels + column, column,
                 channels - column, out.data_ptr(), s1.data(), s2.data(), s3.data());
      }
      append(all.elementwise, out.data_ptr(), out.nbytes());
      for (const auto* s : {&s1, &s2, &s3}) append(all.elementwise, s->data(), s->size() * sizeof(float));
    }
  }
  for (const a4j::WinogradKernels* w : {&k.winograd2, &k.winograd4}) {
    std::vector<char> points = winograd_output(*w);
    append(all.elementwise, points.data(), points.size());
  }
  check(kWidest % k.panel == 0, "a panel divides 64 columns");
  std::vector<float> a = normal(random, kDepth * kWidest), b = normal(random, kDepth * kWidest);
  std::vector<float> panel(kDepth * k.panel);
  std::vector<const float*> lines;
  for (int i = 0; i < kDepth; i++) lines.push_back(b.data() + i * kWidest);
  for (int count = 1; count <= a4j::kTile; count++) {
    std::vector<float> product(a4j::kTile * kWidest, 0.25f), transposed = product;
    std::vector<const float*> inputs;
    for (int r = 0; r < count; r++) inputs.push_back(a.data() + r * kDepth);
    for (int column = 0; column < kWidest; column += k.panel) {
      for (int i = 0; i < kDepth; i++) std::copy_n(lines[i] + column, k.panel, panel.data() + i * k.panel);
      const char* next = reinterpret_cast<const char*>(b.data());  // none, few or many bytes ahead
      a4j::Ahead ahead{next, next + count / 2 * 6 * kDepth, count % 2 == 0 ? inputs.data() : nullptr};
      k.multiply[count - 1](kDepth - 2, inputs.data(), 2, panel.data(), product.data() + column, kWidest,
                            count % 2 == 0, ahead);
      k.multiply_transposed[count - 1](kDepth, a.data(), kWidest, lines.data(), column, transposed.data() + column,
                            kWidest, count % 2 == 1);
    }
    for (const auto* v : {&product, &transposed}) all.products.insert(all.products.end(), v->begin(), v->end());
  }
  return all;
}

// Reading, finishing and Winograd's transforms give the same bits everywhere; products too where there is
// fused multiply-add, which the generic build has not.
void any_instruction_set(int channels, bool bf16) {
  std::string what = std::to_string(channels) + " channels " + (bf16 ? "bf16" : "fp32");
  TableOutput generic = table_output(a4j::conv_kernels_generic(bf16), channels, bf16);
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  TableOutput avx2 = table_output(a4j::conv_kernels_avx2(bf16), channels, bf16);
  check(same_bits(generic.elementwise, avx2.elementwise), what + ": avx2 reads and finishes with generic's bits");
  int64_t count = static_cast<int64_t>(avx2.products.size());
  check_error(error(generic.products.data(), avx2.products.data(), count), 2e-6, what + ": generic products");
  if (a4j::cpu_isa() < a4j::Isa::kAvx512) return;
  TableOutput avx512 = table_output(a4j::conv_kernels_avx512(bf16), channels, bf16);
  check(same_bits(generic.elementwise, avx512.elementwise), what + ": avx512 reads and finishes with generic's bits");
  check(same_bits(avx2.products, avx512.products), what + ": avx512 multiplies with avx2's bits");
}

void all_of(const Case& c) {
  poisoned() = {};  // large shapes' scratch would be slow to poison
  forward(c);
  backward_input(c);
  backward_weights(c);
  packed(c);
}

}  // namespace

int main() {
  if (isa_missing("conv_test")) return kSkipped;
  int seed = 1;
  for (bool bf16 : {false, true}) {
    if (!bf16 && a4j::cpu_isa() > a4j::Isa::kAvx512) continue;  // what multiplies bf16 has AVX-512's kernels of fp32
    for (int kernel : {1, 3}) {
      for (int stride : {1, 2}) {
        for (ConvShape s : {ConvShape{1, 1, 1, 3, 5, kernel, stride}, ConvShape{2, 1, 9, 5, 3, kernel, stride},
                            ConvShape{1, 2, 2, 200, 17, kernel, stride}, ConvShape{2, 5, 7, 17, 64, kernel, stride},
                            ConvShape{1, 8, 9, 147, 64, kernel, stride}, ConvShape{2, 6, 5, 64, 200, kernel, stride},
                            ConvShape{3, 31, 33, 5, 17, kernel, stride}}) {
          all_of({s, bf16, seed++});
        }
      }
    }
    all_of({{1, 7, 5, 24, 600, 1, 1}, bf16, seed++});   // more than one block of columns, forward
    all_of({{1, 7, 5, 1030, 24, 1, 2}, bf16, seed++});  // and backward
    all_of({{1, 4, 4, 520, 530, 3, 2}, bf16, seed++});
    // Rows that many columns read in pieces as deep as a tile: forward, and by the input.
    for (ConvShape s : {ConvShape{2, 9, 8, 512, 272, 1, 1}, ConvShape{2, 9, 8, 272, 512, 1, 1},
                        ConvShape{2, 17, 16, 512, 272, 1, 2}, ConvShape{2, 17, 15, 512, 272, 3, 2},
                        ConvShape{2, 17, 15, 272, 512, 3, 2}}) {
      all_of({s, bf16, seed++});
    }
    // Winograd: whole tiles and such that reach beyond the image, many blocks and few, parts of panels.
    for (ConvShape s : {ConvShape{1, 1, 1, 16, 32, 3, 1}, ConvShape{2, 1, 9, 32, 16, 3, 1},
                        ConvShape{1, 2, 2, 208, 16, 3, 1}, ConvShape{2, 5, 7, 16, 208, 3, 1},
                        ConvShape{5, 7, 7, 80, 64, 3, 1}, ConvShape{2, 4, 4, 528, 64, 3, 1},
                        ConvShape{1, 4, 6, 64, 528, 3, 1}, ConvShape{2, 40, 41, 64, 64, 3, 1},
                        ConvShape{3, 5, 7, 272, 272, 3, 1}}) {
      all_of({s, bf16, seed++});
    }
    for (ConvShape s : {ConvShape{2, 28, 29, 64, 70, 3, 2}, ConvShape{2, 28, 28, 64, 256, 1, 1},
                        ConvShape{1, 2, 3, 130, 600, 3, 1}, ConvShape{1, 2, 3, 144, 528, 3, 1},
                        ConvShape{9, 14, 13, 64, 80, 3, 1}, ConvShape{2, 14, 13, 80, 16, 3, 1}}) {
      any_threads({s, bf16, seed++});
    }
    for (ConvShape s : {ConvShape{9, 7, 7, 80, 64, 3, 1}, ConvShape{9, 4, 4, 272, 272, 3, 1},
                        ConvShape{5, 6, 5, 64, 200, 1, 1}, ConvShape{3, 9, 9, 64, 64, 3, 2},
                        ConvShape{3, 7, 7, 512, 256, 1, 1}}) {
      one_of_many({s, bf16, seed++});
    }
    patches(2, 16, 20, 64, bf16);
    patches(3, 33, 37, 17, bf16);
    patches(1, 1, 2, 5, bf16);
    distant_mean(bf16);
    for (int channels : {1, 3, 17, 64, 147, 200}) any_instruction_set(channels, bf16);
  }
  chain_against_autograd();
  chain_against_differences();
  return report("conv_test");
}
