// The tests of the CUDA kernels, against the CPU's operations or plain loops in double. Included by
// emulated_cuda_test.cpp, which runs the kernels on the CPU, and by cuda/kernels_test.cpp, on a GPU.
#pragma once

#include <cuda_runtime.h>

#include <memory>

#include "check.h"
#include "include/affect4j.h"
#include "ops/adam.h"
#include "ops/augment.h"
#include "ops/cuda/adam.h"
#include "ops/cuda/augment.h"
#include "ops/cuda/collect.h"
#include "ops/cuda/heads.h"
#include "ops/cuda/loss.h"
#include "ops/cuda/norm.h"
#include "ops/cuda/pool.h"
#include "ops/loss.h"
#include "ops/math/bf16.h"
#include "ops/norm.h"

namespace cuda_kernels {

using namespace a4j_test;
namespace gpu = a4j::cuda;

// Host values with a copy on the device.
template <typename T>
class OnDevice {
 public:
  explicit OnDevice(std::vector<T> values) : values_(std::move(values)) {
    check(cudaMalloc(&data_, std::max<size_t>(1, bytes())) == cudaSuccess, "device memory");
    cudaMemcpy(data_, values_.data(), bytes(), cudaMemcpyHostToDevice);
  }
  explicit OnDevice(int64_t count) : OnDevice(std::vector<T>(count)) {}
  ~OnDevice() { cudaFree(data_); }
  OnDevice(const OnDevice&) = delete;

  T* data() const { return data_; }
  int64_t size() const { return static_cast<int64_t>(values_.size()); }

  // The values as they are on the device, after all that was enqueued.
  std::vector<T>& read() {
    check(cudaMemcpy(values_.data(), data_, bytes(), cudaMemcpyDeviceToHost) == cudaSuccess, "copy from the device");
    return values_;
  }

 private:
  size_t bytes() const { return values_.size() * sizeof(T); }

  std::vector<T> values_;
  T* data_ = nullptr;
};

// An activation on the device as stored, fp32 or bf16, and the stored values in fp32 on the host.
class Map {
 public:
  Map(const std::vector<float>& values, int channels, bool bf16)
      : channels_(channels),
        bf16_(bf16),
        rows_(static_cast<int64_t>(values.size()) / channels),
        raw_(stored(values, bf16)) {}

  a4j::Activation view() const { return {raw_.data(), bf16_, rows_, channels_}; }

  std::vector<float> read() {
    const std::vector<unsigned char>& bytes = raw_.read();
    std::vector<float> values(rows_ * channels_);
    for (size_t i = 0; i < values.size(); i++) {
      values[i] = bf16_ ? a4j::load(reinterpret_cast<const a4j::bf16*>(bytes.data()) + i)
                        : reinterpret_cast<const float*>(bytes.data())[i];
    }
    return values;
  }

 private:
  static std::vector<unsigned char> stored(const std::vector<float>& values, bool bf16) {
    std::vector<unsigned char> bytes(values.size() * (bf16 ? 2 : 4));
    for (size_t i = 0; i < values.size(); i++) {
      if (bf16) {
        a4j::store(reinterpret_cast<a4j::bf16*>(bytes.data()) + i, values[i]);
      } else {
        a4j::store(reinterpret_cast<float*>(bytes.data()) + i, values[i]);
      }
    }
    return bytes;
  }

  int channels_;
  bool bf16_;
  int64_t rows_;
  OnDevice<unsigned char> raw_;
};

// All bytes that a test's kernels wrote: a second run must give the same.
inline std::vector<float> written;

inline void keep(const std::vector<float>& values) { written.insert(written.end(), values.begin(), values.end()); }

// Scratch memory of sums over rows.
struct Scratch {
  OnDevice<float> partials{gpu::TileScratch::kFloats};
  OnDevice<unsigned> counters{gpu::TileScratch::kCounters};

  gpu::TileScratch view() const { return {partials.data(), counters.data()}; }

  // Each kernel must leave the counters as it found them.
  ~Scratch() {
    for (unsigned counter : counters.read()) check(counter == 0, "a kernel left a counter");
  }
};

// One batch norm's [channels] floats, all in one buffer.
class NormOnDevice {
 public:
  NormOnDevice(Random& random, int channels) : c_(channels), all_(initial(random, channels)) {}

  // With sums, of rows that are a part of the batch.
  gpu::Norm view(double* sums = nullptr) const {
    auto part = [&](int i) { return all_.data() + i * c_; };
    return {part(0), part(1), part(2), part(3),  part(4),  part(5),  part(6),
            part(7), part(8), part(9), part(10), part(11), part(12), sums};
  }

  enum Part {
    kWeight,
    kBias,
    kRunningMean,
    kRunningVar,
    kMean,
    kInverse,
    kScale,
    kShift,
    kA,
    kB,
    kK,
    kWeightSlope,
    kBiasSlope,
    kParts
  };

  std::vector<float> read(Part part) {
    std::vector<float>& all = all_.read();
    return {all.begin() + part * c_, all.begin() + (part + 1) * c_};
  }

  void keep_all() { keep(all_.read()); }

 private:
  static std::vector<float> initial(Random& random, int channels) {
    std::vector<float> all = uniform(random, channels, -1.5, 1.5);
    for (const std::vector<float>& part :
         {normal(random, channels, 0.1, 0.3), normal(random, channels, 0, 0.5), uniform(random, channels, 0.5, 2)}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    all.resize(kParts * static_cast<size_t>(channels), NAN);
    return all;
  }

  int c_;
  OnDevice<float> all_;
};

struct Shape {
  int64_t rows;
  int channels;
  bool bf16;

  std::string text() const {
    return std::to_string(rows) + "x" + std::to_string(channels) + (bf16 ? " bf16" : " fp32");
  }
  double bound() const { return bf16 ? 1e-2 : 2e-5; }
};

// Channels with means far from 0, so that cancellation would show.
inline Map random_map(Random& random, const Shape& s) {
  std::vector<float> values = normal(random, s.rows * s.channels), centre = normal(random, s.channels, 0, 1.5);
  for (size_t i = 0; i < values.size(); i++) values[i] += centre[i % s.channels];
  return {values, s.channels, s.bf16};
}

inline Map empty_map(const Shape& s) { return {std::vector<float>(s.rows * s.channels, NAN), s.channels, s.bf16}; }

inline a4j::Activation nothing() { return {nullptr, false, 0, 0}; }

// Means and inverse deviations over rows, in double.
struct Moments {
  Moments(const std::vector<float>& y, int channels) : mean(channels), variance(channels) {
    int64_t rows = static_cast<int64_t>(y.size()) / channels;
    for (size_t i = 0; i < y.size(); i++) mean[i % channels] += y[i] / static_cast<double>(rows);
    for (size_t i = 0; i < y.size(); i++) {
      double d = y[i] - mean[i % channels];
      variance[i % channels] += d * d / static_cast<double>(rows);
    }
  }
  double xhat(double y, int c) const { return (y - mean[c]) / std::sqrt(variance[c] + 1e-5); }

  std::vector<double> mean, variance;
};

inline void statistics(const Shape& s) {
  Random random(static_cast<unsigned>(s.rows * 7 + s.channels));
  Scratch scratch;
  NormOnDevice norm(random, s.channels);
  std::vector<float> old_mean = norm.read(NormOnDevice::kRunningMean), old_var = norm.read(NormOnDevice::kRunningVar);
  Map y = random_map(random, s);
  gpu::norm_statistics(nullptr, y.view(), norm.view(), scratch.view());
  Moments expected(y.read(), s.channels);
  std::vector<double> inverse(s.channels), running_mean(s.channels), running_var(s.channels);
  for (int c = 0; c < s.channels; c++) {
    inverse[c] = 1 / std::sqrt(expected.variance[c] + 1e-5);
    running_mean[c] = 0.9 * old_mean[c] + 0.1 * expected.mean[c];
    double unbiased = s.rows > 1 ? expected.variance[c] * double(s.rows) / double(s.rows - 1) : expected.variance[c];
    running_var[c] = 0.9 * old_var[c] + 0.1 * unbiased;
  }
  auto compare = [&](NormOnDevice::Part part, const std::vector<double>& reference, const char* what) {
    check_error(error(norm.read(part).data(), reference.data(), s.channels), 2e-5, s.text() + ", " + what);
  };
  compare(NormOnDevice::kMean, expected.mean, "mean");
  compare(NormOnDevice::kInverse, inverse, "inverse deviation");
  compare(NormOnDevice::kRunningMean, running_mean, "running mean");
  compare(NormOnDevice::kRunningVar, running_var, "running variance");
  norm.keep_all();
}

// relu(bn(y) [+ x | + bn'(x)]) forward.
inline void forward(const Shape& s) {
  Random random(static_cast<unsigned>(s.rows + s.channels));
  Scratch scratch;
  NormOnDevice norm(random, s.channels), x_norm(random, s.channels);
  Map y = random_map(random, s), x = random_map(random, s);
  gpu::norm_statistics(nullptr, y.view(), norm.view(), scratch.view());
  gpu::norm_statistics(nullptr, x.view(), x_norm.view(), scratch.view());
  std::vector<float> yv = y.read(), xv = x.read(), scale = norm.read(NormOnDevice::kScale),
                     shift = norm.read(NormOnDevice::kShift), x_scale = x_norm.read(NormOnDevice::kScale),
                     x_shift = x_norm.read(NormOnDevice::kShift);
  for (int kind = 1; kind <= 3; kind++) {
    Map z = empty_map(s);
    gpu::Norm second = x_norm.view();
    if (kind == 1) gpu::norm_relu(nullptr, y.view(), norm.view(), z.view());
    if (kind == 2) gpu::norm_add_relu(nullptr, y.view(), norm.view(), x.view(), nullptr, z.view());
    if (kind == 3) gpu::norm_add_relu(nullptr, y.view(), norm.view(), x.view(), &second, z.view());
    std::vector<double> expected(yv.size());
    for (size_t i = 0; i < yv.size(); i++) {
      int c = static_cast<int>(i) % s.channels;
      double added = kind == 1 ? 0 : kind == 2 ? xv[i] : double(x_scale[c]) * xv[i] + x_shift[c];
      expected[i] = std::max(0.0, double(scale[c]) * yv[i] + shift[c] + added);
    }
    std::vector<float> got = z.read();
    check_error(error(got.data(), expected.data(), z.view().rows * s.channels), s.bound(),
                s.text() + ", forward " + std::to_string(kind));
    keep(got);
  }
}

// Slopes and dy of one norm from g, in double; dy in units of scale |g|, since subtraction leaves little of it.
inline void check_backward(const Shape& s, const std::vector<double>& g, const std::vector<float>& y,
                           NormOnDevice& norm, std::vector<float> dy, const std::string& what) {
  Moments moments(y, s.channels);
  std::vector<double> sum_g(s.channels), sum_gx(s.channels), size_g(s.channels, 1e-30);
  for (size_t i = 0; i < g.size(); i++) {
    int c = static_cast<int>(i) % s.channels;
    sum_g[c] += g[i];
    sum_gx[c] += g[i] * moments.xhat(y[i], c);
    size_g[c] += std::abs(g[i]);
  }
  std::vector<float> weight = norm.read(NormOnDevice::kWeight), weight_slope = norm.read(NormOnDevice::kWeightSlope),
                     bias_slope = norm.read(NormOnDevice::kBiasSlope);
  double worst_slope = 0, worst_dy = 0;
  for (int c = 0; c < s.channels; c++) {
    worst_slope = std::max({worst_slope, std::abs(weight_slope[c] - sum_gx[c]) / size_g[c],
                            std::abs(bias_slope[c] - sum_g[c]) / size_g[c]});
  }
  double largest = *std::max_element(size_g.begin(), size_g.end()) / static_cast<double>(s.rows);
  for (size_t i = 0; i < g.size(); i++) {
    int c = static_cast<int>(i) % s.channels;
    double scale = weight[c] / std::sqrt(moments.variance[c] + 1e-5);
    double expected = scale * (g[i] - sum_g[c] / double(s.rows) - moments.xhat(y[i], c) * sum_gx[c] / double(s.rows));
    worst_dy = std::max(worst_dy, std::abs(dy[i] - expected) / (std::abs(scale) * (largest + std::abs(g[i]))));
  }
  check_error(worst_slope, 2e-5, s.text() + what + ", slopes");
  check_error(worst_dy, s.bf16 ? 2e-2 : 1e-4, s.text() + what + ", dy");
  norm.keep_all();
  keep(dy);
}

inline void relu_backward(const Shape& s) {
  Random random(static_cast<unsigned>(s.rows * 3 + s.channels));
  Scratch scratch;
  NormOnDevice norm(random, s.channels);
  Map y = random_map(random, s), dz = random_map(random, s);
  gpu::norm_statistics(nullptr, y.view(), norm.view(), scratch.view());
  std::vector<float> yv = y.read(), dzv = dz.read(), scale = norm.read(NormOnDevice::kScale),
                     shift = norm.read(NormOnDevice::kShift);
  std::vector<double> g(dzv.begin(), dzv.end());
  for (size_t i = 0; i < g.size(); i++) {
    if (!(std::fmaf(scale[i % s.channels], yv[i], shift[i % s.channels]) > 0)) g[i] = 0;
  }
  gpu::norm_relu_slopes(nullptr, dz.view(), y.view(), norm.view(), scratch.view());
  gpu::norm_relu_backward(nullptr, dz.view(), y.view(), norm.view(), y.view());  // in place, as the step does
  check_backward(s, g, yv, norm, y.read(), ", relu");
}

inline void residual_backward(const Shape& s, bool two_gradients, bool two_norms) {
  std::string what =
      std::string(", residual") + (two_gradients ? " of two" : "") + (two_norms ? " with downsample" : "");
  Random random(static_cast<unsigned>(s.rows * 5 + s.channels));
  Scratch scratch;
  NormOnDevice norm(random, s.channels), norm2(random, s.channels);
  Map y = random_map(random, s), y2 = random_map(random, s), z = random_map(random, s);
  Map dz = random_map(random, s), dz2 = random_map(random, s), dy = empty_map(s), dy2 = empty_map(s);
  gpu::norm_statistics(nullptr, y.view(), norm.view(), scratch.view());
  gpu::norm_statistics(nullptr, y2.view(), norm2.view(), scratch.view());
  std::vector<float> first = dz.read(), second = dz2.read(), zv = z.read();
  gpu::residual_relu_slopes(nullptr, dz.view(), two_gradients ? dz2.view() : nothing(), z.view(), dz.view(), y.view(),
                            norm.view(), two_norms ? y2.view() : nothing(), norm2.view(), scratch.view());
  std::vector<float> stored = dz.read();
  std::vector<double> g(first.size()), as_stored(stored.begin(), stored.end());
  for (size_t i = 0; i < g.size(); i++) g[i] = zv[i] > 0 ? double(first[i]) + (two_gradients ? second[i] : 0) : 0;
  check_error(error(stored.data(), g.data(), static_cast<int64_t>(g.size())), s.bound(), s.text() + what + ", g");
  gpu::norm_backward(nullptr, dz.view(), y.view(), norm.view(), dy.view());
  // The sums are of g as it was before it was stored.
  check_backward(s, g, y.read(), norm, dy.read(), what);
  if (!two_norms) return;
  gpu::norm_backward(nullptr, dz.view(), y2.view(), norm2.view(), dy2.view());
  check_backward(s, g, y2.read(), norm2, dy2.read(), what + ", second norm");
}

// A rank's rows of a batch.
struct RankRows {
  RankRows(const Shape& s, const std::vector<float>& all_y, const std::vector<float>& all_dz, int64_t begin,
           int64_t end, unsigned seed)
      : y(part(all_y, s.channels, begin, end), s.channels, s.bf16),
        dz(part(all_dz, s.channels, begin, end), s.channels, s.bf16),
        random(seed),
        norm(random, s.channels),
        sums(gpu::norm_sums(s.channels)) {}

  gpu::Norm view() { return norm.view(sums.data()); }

  static std::vector<float> part(const std::vector<float>& all, int channels, int64_t begin, int64_t end) {
    return {all.begin() + begin * channels, all.begin() + end * channels};
  }

  Map y, dz;
  Random random;
  NormOnDevice norm;
  OnDevice<double> sums;
};

using Ranks = std::vector<std::unique_ptr<RankRows>>;

inline void sum_over(Ranks& ranks) {
  std::vector<double> total(ranks[0]->sums.size());
  for (auto& rank : ranks) {
    for (size_t i = 0; i < total.size(); i++) total[i] += rank->sums.read()[i];
  }
  for (auto& rank : ranks) cudaMemcpy(rank->sums.data(), total.data(), total.size() * 8, cudaMemcpyHostToDevice);
}

// Rows that three ranks share out: statistics and coefficients are the batch's, slopes add up to it.
inline void shared_norm(const Shape& s) {
  const unsigned seed = static_cast<unsigned>(s.rows * 11 + s.channels);
  Random random(seed), more(seed + 1);
  Scratch scratch;
  NormOnDevice whole(random, s.channels);
  Map y = random_map(more, s), dz = random_map(more, s);
  gpu::norm_statistics(nullptr, y.view(), whole.view(), scratch.view());
  gpu::norm_relu_slopes(nullptr, dz.view(), y.view(), whole.view(), scratch.view());

  Ranks ranks;
  const int64_t ends[] = {0, 1, s.rows / 3 + 1, s.rows};
  for (int r = 0; r < 3; r++) {
    ranks.push_back(std::make_unique<RankRows>(s, y.read(), dz.read(), ends[r], ends[r + 1], seed));
  }
  for (auto& rank : ranks) gpu::norm_statistics(nullptr, rank->y.view(), rank->view(), scratch.view());
  sum_over(ranks);
  for (auto& rank : ranks) {
    gpu::norm_statistics_of_sums(nullptr, s.channels, rank->view());
    gpu::norm_relu_slopes(nullptr, rank->dz.view(), rank->y.view(), rank->view(), scratch.view());
  }
  sum_over(ranks);
  for (auto& rank : ranks) gpu::norm_coefficients_of_sums(nullptr, s.channels, rank->view());

  for (int part = 0; part < NormOnDevice::kParts; part++) {
    const bool slope = part == NormOnDevice::kWeightSlope || part == NormOnDevice::kBiasSlope;
    std::vector<float> expected = whole.read(NormOnDevice::Part(part)), total(s.channels);
    for (auto& rank : ranks) {
      std::vector<float> ours = rank->norm.read(NormOnDevice::Part(part));
      keep(ours);
      for (int c = 0; c < s.channels; c++) total[c] = slope ? total[c] + ours[c] : ours[c];
      if (slope) continue;
      check(same_bits(ours, ranks[0]->norm.read(NormOnDevice::Part(part))), s.text() + ", the same on all ranks");
    }
    check_error(error(total.data(), expected.data(), s.channels), 1e-4,
                s.text() + ", shared norm, part " + std::to_string(part));
  }
}

inline void running_scale() {
  constexpr int kChannels = 300;
  Random random(4);
  NormOnDevice norm(random, kChannels);
  gpu::norm_running_scale(nullptr, kChannels, norm.view());
  std::vector<float> weight = norm.read(NormOnDevice::kWeight), bias = norm.read(NormOnDevice::kBias),
                     mean = norm.read(NormOnDevice::kRunningMean), variance = norm.read(NormOnDevice::kRunningVar);
  std::vector<double> scale(kChannels), shift(kChannels);
  for (int c = 0; c < kChannels; c++) {
    scale[c] = weight[c] / std::sqrt(variance[c] + 1e-5);
    shift[c] = bias[c] - mean[c] * scale[c];
  }
  check_error(error(norm.read(NormOnDevice::kScale).data(), scale.data(), kChannels), 1e-6, "running scale");
  check_error(error(norm.read(NormOnDevice::kShift).data(), shift.data(), kChannels), 1e-6, "running shift");
}

// Against the CPU's pool, whose own test compares it with libtorch's.
inline void pool(int images, int h, int w, bool bf16) {
  constexpr int kChannels = 64;
  std::string what = "pool of " + std::to_string(images) + "x" + std::to_string(h) + "x" + std::to_string(w) +
                     (bf16 ? " bf16" : " fp32");
  Random random(static_cast<unsigned>(h * 100 + w));
  Scratch scratch;
  Shape s{static_cast<int64_t>(images) * h * w, kChannels, bf16};
  Shape out{static_cast<int64_t>(images) * ((h + 1) / 2) * ((w + 1) / 2), kChannels, bf16};
  NormOnDevice norm(random, kChannels);
  Map y = random_map(random, s), z = empty_map(out), dz = random_map(random, out), dz2 = random_map(random, out),
      g = empty_map(s), dy = empty_map(s);
  OnDevice<uint8_t> taps(out.rows * kChannels);
  gpu::norm_statistics(nullptr, y.view(), norm.view(), scratch.view());
  gpu::norm_relu_pool(nullptr, y.view(), h, w, norm.view(), z.view(), taps.data());
  gpu::unpool_slopes(nullptr, dz.view(), dz2.view(), taps.data(), y.view(), h, w, norm.view(), g.view(),
                     scratch.view());
  gpu::norm_backward(nullptr, g.view(), y.view(), norm.view(), dy.view());

  std::vector<float> yv = y.read(), pooled(out.rows * kChannels), first = dz.read(), second = dz2.read();
  a4j::NormState state(kChannels);
  std::vector<float> scale = norm.read(NormOnDevice::kScale), shift = norm.read(NormOnDevice::kShift);
  state.scale.assign(scale.begin(), scale.end());
  state.shift.assign(shift.begin(), shift.end());
  std::vector<uint8_t> cpu_taps(pooled.size());
  a4j::norm_relu_pool({yv.data(), false, s.rows, kChannels}, h, w, state, {pooled.data(), false, out.rows, kChannels},
                      cpu_taps.data());
  check_error(error(z.read().data(), pooled.data(), static_cast<int64_t>(pooled.size())), s.bound(), what);
  const std::vector<uint8_t>& ours = taps.read();
  int64_t other = 0;
  for (size_t i = 0; i < ours.size(); i++) other += ours[i] != cpu_taps[i];
  check(other <= static_cast<int64_t>(ours.size()) / 1000, what + ", taps");  // ties of contracted arithmetic aside

  std::vector<double> expected(yv.size());
  int out_h = (h + 1) / 2, out_w = (w + 1) / 2;
  for (size_t i = 0; i < ours.size(); i++) {
    if (ours[i] > 8) continue;
    int64_t pixel = static_cast<int64_t>(i) / kChannels, image = pixel / (out_h * out_w);
    int line = static_cast<int>(pixel / out_w % out_h) * 2 - 1 + ours[i] / 3,
        column = static_cast<int>(pixel % out_w) * 2 - 1 + ours[i] % 3;
    expected[((image * h + line) * w + column) * kChannels + i % kChannels] += double(first[i]) + second[i];
  }
  check_error(error(g.read().data(), expected.data(), static_cast<int64_t>(expected.size())), s.bound(),
              what + ", unpool");
  check_backward(s, expected, yv, norm, dy.read(), ", " + what);
  keep(z.read());
}

// The loss of rows that three ranks share out: their totals and values add up, their gradients are the batch's. Device
// pointers, but for what is expected.
inline void shared_loss(const std::string& what, int tasks, int rows, const float* logits, const a4j::Labels& labels,
                        const a4j::LossOptions& options, const std::vector<double>& values,
                        const std::vector<float>& gradient) {
  constexpr int kRanks = 3;
  std::vector<double> sums(gpu::totals_size(kRanks)), shares(A4J_LOSS_VALUES);
  OnDevice<double> wish(std::vector<double>{1});
  OnDevice<float> d_gradient(std::vector<float>(gradient.size(), NAN));
  auto each = [&](auto body) {
    for (int rank = 0; rank < kRanks; rank++) {
      int64_t first = rows * rank / kRanks, end = rows * (rank + 1) / kRanks;
      body(gpu::Share{rank, kRanks, wish.data()}, static_cast<int>(end - first), first * A4J_OUTPUTS,
           a4j::Labels{labels.va + 2 * first, labels.expression + first,
                       labels.action_units + A4J_ACTION_UNITS * first});
    }
  };
  each([&](const gpu::Share& share, int count, int64_t offset, const a4j::Labels& own) {
    OnDevice<double> d_totals(std::vector<double>(sums.size(), NAN));
    gpu::batch_totals(nullptr, tasks, count, logits + offset, own, options, share, d_totals.data());
    std::vector<double>& totals = d_totals.read();
    for (size_t i = 0; i < sums.size(); i++) sums[i] += totals[i];
  });
  check(sums[gpu::kStopWishes] == kRanks, what + ", shared: all wish to stop");
  OnDevice<double> d_totals(sums);
  each([&](const gpu::Share& share, int count, int64_t offset, const a4j::Labels& own) {
    OnDevice<double> d_values(std::vector<double>(A4J_LOSS_VALUES, NAN));
    gpu::multi_task_loss(nullptr, tasks, count, logits + offset, own, options, share, d_totals.data(), d_values.data(),
                         d_gradient.data() + offset);
    std::vector<double>& part = d_values.read();
    for (int i = 0; i < A4J_LOSS_VALUES; i++) shares[i] += part[i];
  });
  check_error(error(shares.data(), values.data(), A4J_LOSS_VALUES), 1e-12, what + ", shared, values");
  check_error(error(d_gradient.read().data(), gradient.data(), static_cast<int64_t>(gradient.size()), 1e-30), 1e-6,
              what + ", shared, gradient");
  keep(d_gradient.read());
}

inline void loss(int rows, int tasks, double missing, float gamma, bool weighted_mean) {
  std::string what = "loss of " + std::to_string(rows) + " rows, tasks " + std::to_string(tasks) + ", missing " +
                     std::to_string(missing);
  Random random(static_cast<unsigned>(rows * 10 + tasks));
  std::uniform_real_distribution<double> chance(0, 1);
  std::vector<float> logits = normal(random, static_cast<int64_t>(rows) * A4J_OUTPUTS, 0, 2),
                     va = uniform(random, 2 * static_cast<int64_t>(rows), -1, 1);
  std::vector<int8_t> expression, units;
  for (int i = 0; i < rows; i++) {
    if (chance(random) < missing) va[2 * i + i % 2] = -5;
    expression.push_back(static_cast<int8_t>(chance(random) < missing ? -1 : below(random, A4J_EXPRESSIONS)));
    for (int u = 0; u < A4J_ACTION_UNITS; u++)
      units.push_back(static_cast<int8_t>(chance(random) < missing ? -1 : below(random, 2)));
    for (int c = 0; c < A4J_OUTPUTS; c++) {
      int task = c < 2 ? A4J_TASK_VA : c < 10 ? A4J_TASK_EXPR : A4J_TASK_AU;
      if (!(tasks & task)) logits[i * A4J_OUTPUTS + c] = NAN;  // as an absent head's
    }
  }
  a4j::LossOptions options{
      {3.7807f, 19.9001f, 28.6127f, 29.0343f, 4.9983f, 11.9129f, 17.3384f, 3.6474f}, gamma, weighted_mean};
  std::vector<double> values(A4J_LOSS_VALUES);
  std::vector<float> gradient(logits.size());
  a4j::multi_task_loss(tasks, rows, logits.data(), {va.data(), expression.data(), units.data()}, options, values.data(),
                       gradient.data());
  OnDevice<float> d_logits(logits), d_va(va), d_gradient(std::vector<float>(logits.size(), NAN));
  OnDevice<int8_t> d_expression(expression), d_units(units);
  OnDevice<double> d_values(std::vector<double>(A4J_LOSS_VALUES, NAN));
  gpu::multi_task_loss(nullptr, tasks, rows, d_logits.data(), {d_va.data(), d_expression.data(), d_units.data()},
                       options, d_values.data(), d_gradient.data());
  check_error(error(d_values.read().data(), values.data(), A4J_LOSS_VALUES), 1e-12, what + ", values");
  check_error(error(d_gradient.read().data(), gradient.data(), static_cast<int64_t>(gradient.size()), 1e-30), 1e-6,
              what + ", gradient");
  keep(d_gradient.read());
  shared_loss(what, tasks, rows, d_logits.data(), {d_va.data(), d_expression.data(), d_units.data()}, options, values,
              gradient);
}

inline void adam(int64_t count, bool copy) {
  std::string what = "Adam of " + std::to_string(count);
  Random random(static_cast<unsigned>(count));
  a4j::AdamOptions options{0.9f, 0.999f, 1e-8f, 1e-4f};
  std::vector<float> weights = normal(random, count), m = normal(random, count, 0, 0.1),
                     v = uniform(random, count, 0, 0.1), g = normal(random, count, 0, 0.1);
  OnDevice<float> d_weights(weights), d_m(m), d_v(v), d_g(g);
  OnDevice<a4j::bf16> d_copy(count);
  OnDevice<a4j::AdamStep> step({a4j::adam_step(0.9f, 0.999f, 1e-8f, 1e-4f, 1e-3f, 7)});
  a4j::adam(options, 1e-3f, 7, count, g.data(), m.data(), v.data(), weights.data());
  gpu::adam(nullptr, step.data(), count, d_g.data(), d_m.data(), d_v.data(), d_weights.data(),
            copy ? d_copy.data() : nullptr);
  check_error(error(d_weights.read().data(), weights.data(), count), 1e-6, what + ", weights");
  check_error(error(d_m.read().data(), m.data(), count), 1e-6, what + ", first moment");
  check_error(error(d_v.read().data(), v.data(), count), 1e-6, what + ", second moment");
  bool rounded = true;
  std::vector<float>& updated = d_weights.read();
  std::vector<a4j::bf16>& copies = d_copy.read();
  for (int64_t i = 0; copy && i < count; i++) {
    a4j::bf16 expected;
    a4j::store(&expected, updated[i]);
    rounded = rounded && expected.bits == copies[i].bits;
  }
  check(rounded, what + ", the bf16 copy is the rounded weight");
  keep(updated);
}

// Rows gathered from a larger set, in any order and twice.
inline void augment(int height, int width, bool bf16, bool gather) {
  constexpr int kImages = 5, kRows = 4;
  std::string what = "augment " + std::to_string(height) + "x" + std::to_string(width) + (bf16 ? " bf16" : " fp32") +
                     (gather ? " gathered" : "");
  Random random(static_cast<unsigned>(height * 7 + width));
  int64_t area = static_cast<int64_t>(height) * width;
  std::vector<uint8_t> images(kImages * area * 3), picked;
  for (uint8_t& value : images) value = static_cast<uint8_t>(random());
  std::vector<int64_t> rows = gather ? std::vector<int64_t>{3, 0, 4, 3} : std::vector<int64_t>{0, 1, 2, 3};
  std::vector<float> crops;
  for (int i = 0; i < kRows; i++) {
    int h = 1 + below(random, height), w = 1 + below(random, width);
    for (int value : {below(random, height - h + 1), below(random, width - w + 1), h, w, i % 2})
      crops.push_back(static_cast<float>(value));
    picked.insert(picked.end(), images.begin() + rows[i] * area * 3, images.begin() + (rows[i] + 1) * area * 3);
  }
  std::vector<float> expected(kRows * area * 3);
  a4j::augment(kRows, height, width, picked.data(), crops.data(), {expected.data(), height, width, 0});
  OnDevice<uint8_t> d_images(images);
  OnDevice<int64_t> d_rows(rows);
  OnDevice<float> d_crops(crops);
  Map out(std::vector<float>(kRows * area * gpu::kImageChannels, NAN), gpu::kImageChannels, bf16);
  gpu::augment(nullptr, kRows, height, width, d_images.data(), gather ? d_rows.data() : nullptr, d_crops.data(),
               out.view().data, bf16);
  std::vector<float> made = out.read(), colours;
  bool zero = true;
  for (size_t i = 0; i < made.size(); i++) {
    if (i % gpu::kImageChannels < 3)
      colours.push_back(made[i]);
    else
      zero = zero && made[i] == 0;
  }
  check(zero, what + ", the fourth channel is 0");
  check_error(error(colours.data(), expected.data(), static_cast<int64_t>(expected.size())), bf16 ? 4e-3 : 2e-6, what);
}

// Pooled features, logits and their gradients; the middle head is absent.
inline void heads(int images, int area, int channels, bool bf16) {
  std::string what = "heads of " + std::to_string(images) + (bf16 ? " bf16" : " fp32");
  Random random(static_cast<unsigned>(images + area));
  Shape s{static_cast<int64_t>(images) * area, channels, bf16};
  Map z = random_map(random, s), dz = empty_map(s);
  std::vector<float> weights = normal(random, A4J_OUTPUTS * channels, 0, 0.05), biases = normal(random, A4J_OUTPUTS),
                     slope = normal(random, images * A4J_OUTPUTS);
  OnDevice<float> d_weights(weights), d_biases(biases), d_slope(slope), features(images * channels),
      logits(images * A4J_OUTPUTS);
  OnDevice<float> weight_slopes(A4J_OUTPUTS * channels), bias_slopes(A4J_OUTPUTS);
  gpu::Heads table{};
  auto present = [](int output) { return output < 2 || output >= 10; };
  for (int o = 0; o < A4J_OUTPUTS; o++) {
    if (!present(o)) continue;
    table.weight[o] = d_weights.data() + o * channels, table.bias[o] = d_biases.data() + o;
    table.weight_slope[o] = weight_slopes.data() + o * channels, table.bias_slope[o] = bias_slopes.data() + o;
  }
  gpu::heads_forward(nullptr, z.view(), images, table, features.data(), logits.data());
  gpu::heads_backward(nullptr, d_slope.data(), features.data(), images, table, dz.view());

  std::vector<float> zv = z.read(), got = logits.read();
  std::vector<double> mean(images * channels), by_weight(A4J_OUTPUTS * channels), by_bias(A4J_OUTPUTS), by_z(zv.size());
  for (int64_t i = 0; i < static_cast<int64_t>(zv.size()); i++)
    mean[i / (area * channels) * channels + i % channels] += zv[i] / double(area);
  bool absent = true;
  double worst = 0;
  for (int i = 0; i < images; i++) {
    for (int o = 0; o < A4J_OUTPUTS; o++) {
      if (!present(o)) {
        absent = absent && std::isnan(got[i * A4J_OUTPUTS + o]);
        continue;
      }
      double sum = biases[o], g = slope[i * A4J_OUTPUTS + o];
      by_bias[o] += g;
      for (int c = 0; c < channels; c++) {
        sum += mean[i * channels + c] * weights[o * channels + c];
        by_weight[o * channels + c] += g * mean[i * channels + c];
        for (int p = 0; p < area; p++)
          by_z[(static_cast<int64_t>(i) * area + p) * channels + c] += g * weights[o * channels + c] / area;
      }
      worst = std::max(worst, std::abs(sum - got[i * A4J_OUTPUTS + o]));
    }
  }
  check(absent, what + ", absent heads are NaN");
  check_error(worst, 1e-4, what + ", logits");
  check_error(error(features.read().data(), mean.data(), images * channels), 1e-5, what + ", features");
  check_error(error(weight_slopes.read().data(), by_weight.data(), A4J_OUTPUTS * channels), 1e-5,
              what + ", weight slopes");
  check_error(error(bias_slopes.read().data(), by_bias.data(), A4J_OUTPUTS), 1e-5, what + ", bias slopes");
  std::vector<float> dzv = dz.read();
  check_error(error(dzv.data(), by_z.data(), static_cast<int64_t>(by_z.size())), s.bound(), what + ", dz");
  keep(got);
  keep(dzv);
}

// Two tensors into a flat buffer, the second out of a padded one, with a gap that stays.
inline void collect(bool bf16) {
  Random random(6);
  std::vector<float> first = normal(random, 700), padded = normal(random, 5 * 4);
  Map a(first, 7, bf16), b(padded, 4, bf16);
  OnDevice<float> flat(std::vector<float>(720, -1));
  gpu::Pieces pieces;
  pieces.add(a.view().data, 0, 700, 7, 7);
  pieces.add(b.view().data, 704, 15, 3, 4);
  gpu::collect(nullptr, pieces, bf16, flat.data());
  std::vector<float> av = a.read(), bv = b.read(), expected(720, -1);
  std::copy(av.begin(), av.end(), expected.begin());
  for (int i = 0; i < 15; i++) expected[704 + i] = bv[i / 3 * 4 + i % 3];
  check(flat.read() == expected, "collected gradients");
}

inline void run_all() {
  for (bool bf16 : {false, true}) {
    for (Shape s : {Shape{2, 64, bf16}, Shape{999, 64, bf16}, Shape{131, 128, bf16}, Shape{70, 256, bf16},
                    Shape{33, 2048, bf16}, Shape{1, 512, bf16}}) {
      statistics(s);
      if (s.rows < 2) continue;
      forward(s);
      relu_backward(s);
      if (s.rows > 2) shared_norm(s);
      for (bool two_gradients : {false, true}) {
        for (bool two_norms : {false, true}) residual_backward(s, two_gradients, two_norms);
      }
    }
    pool(2, 16, 16, bf16);
    pool(3, 7, 9, bf16);
    pool(1, 1, 5, bf16);
    for (bool gather : {false, true}) augment(37, 50, bf16, gather);
    heads(5, 6, 512, bf16);
    heads(2, 1, 2048, bf16);
    collect(bf16);
  }
  running_scale();
  for (int rows : {0, 1, 2, 64, 300}) {
    for (int tasks = 1; tasks <= 7; tasks++) loss(rows, tasks, 0.3, 1, tasks % 2 == 1);
    loss(rows, 7, 1, 0.5f, false);
    loss(rows, 7, 0, 2, true);
  }
  for (int64_t count : {4, 1020, 40000}) adam(count, count != 4);
}

}  // namespace cuda_kernels
