#include "ops/norm.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "ops/cpu/isa.h"
#include "ops/cpu/norm_kernels.h"
#include "ops/math/norm.h"

namespace a4j {

const NormKernels& norm_kernels(bool bf16) {
  switch (cpu_isa()) {
    case Isa::kAmx:
    case Isa::kAvx512Bf16:
    case Isa::kAvx512:
      return norm_kernels_avx512(bf16);
    case Isa::kAvx2:
      return norm_kernels_avx2(bf16);
    default:
      return norm_kernels_generic(bf16);
  }
}

namespace {

void* at(const Activation& a, int64_t row) {
  return static_cast<char*>(a.data) + row * a.channels * (a.bf16 ? 2 : 4);
}

// Rows of a chunk: about 64 KiB of fp32, so that a chunk's operands stay in L2.
int64_t rows_per_chunk(const Activation& y) { return std::max<int64_t>(8, 16384 / y.channels); }

int64_t chunks(const Activation& y) { return (y.rows + rows_per_chunk(y) - 1) / rows_per_chunk(y); }

// Calls body(chunk, first row, rows) for all chunks, on all threads.
template <typename Body>
void for_chunks(const Activation& y, Body body) {
  int64_t size = rows_per_chunk(y), count = chunks(y);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < count; i++) body(i, i * size, std::min(size, y.rows - i * size));
}

void reserve(int64_t floats, NormWorkspace& workspace) {
  if (static_cast<int64_t>(workspace.size()) < floats) workspace.resize(floats);
}

// A part's two zeroed vectors of partial sums.
float* partials(int channels, int64_t part, NormWorkspace& workspace) {
  float* first = workspace.data() + part * 2 * channels;
  std::fill_n(first, 2 * channels, 0.0f);
  return first;
}

void add_up(int64_t parts, int channels, const NormWorkspace& workspace, Sums& sums) {
  sums.s1.assign(channels, 0);
  sums.s2.assign(channels, 0);
  for (int64_t i = 0; i < parts; i++) {
    const float* s = workspace.data() + i * 2 * channels;
    for (int c = 0; c < channels; c++) {
      sums.s1[c] += s[c];
      sums.s2[c] += s[channels + c];
    }
  }
}

void forward(const Activation& y, const NormState& state, const Activation& x, const NormState* x_state,
             const Activation& z) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  for_chunks(y, [&](int64_t, int64_t row, int64_t rows) {
    kernels.forward(rows, y.channels, at(y, row), state.scale.data(), state.shift.data(), at(x, row),
                    x_state ? x_state->scale.data() : nullptr, x_state ? x_state->shift.data() : nullptr, at(z, row));
  });
}

}  // namespace

void norm_statistics(int64_t n, const Sums& sums, const NormParameters& parameters, NormState& state) {
  for (size_t c = 0; c < state.mean.size(); c++) {
    ChannelMoments moments = channel_moments(n, sums.s1[c], sums.s2[c], sums.s3[c]);
    NormChannel channel = norm_channel(moments.mean, moments.variance, parameters.weight[c], parameters.bias[c]);
    state.mean[c] = channel.mean;
    state.inverse_deviation[c] = channel.inverse_deviation;
    state.scale[c] = channel.scale;
    state.shift[c] = channel.shift;
    parameters.running_mean[c] = norm_running(parameters.running_mean[c], moments.mean);
    parameters.running_var[c] = norm_running(parameters.running_var[c], unbiased(n, moments.variance));
  }
}

void norm_slopes(const std::vector<double>& sum_g, const std::vector<double>& sum_gy, const NormState& state,
                 const NormSlopes& slopes) {
  for (size_t c = 0; c < state.mean.size(); c++) {
    NormSlope slope = norm_slope(1, sum_g[c], sum_gy[c], state.mean[c], state.inverse_deviation[c], state.scale[c]);
    slopes.weight[c] = slope.weight;
    slopes.bias[c] = slope.bias;
  }
}

void norm_coefficients(int64_t n, const std::vector<double>& sum_g, const std::vector<double>& sum_gy,
                       NormState& state) {
  for (size_t c = 0; c < state.mean.size(); c++) {
    NormSlope slope = norm_slope(n, sum_g[c], sum_gy[c], state.mean[c], state.inverse_deviation[c], state.scale[c]);
    state.a[c] = slope.a;
    state.b[c] = slope.b;
    state.k[c] = slope.k;
  }
}

void norm_add_relu(const Activation& y, const NormState& state, const Activation& x, const Activation& z) {
  forward(y, state, x, nullptr, z);
}

void norm_add_norm_relu(const Activation& y, const NormState& state, const Activation& x, const NormState& x_state,
                        const Activation& z) {
  forward(y, state, x, &x_state, z);
}

void residual_relu_backward(const Activation& dz, const Activation& z, const Activation& y, const NormState& state,
                            Sums& sums, NormWorkspace& workspace) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  reserve(chunks(y) * 2 * y.channels, workspace);
  for_chunks(y, [&](int64_t chunk, int64_t row, int64_t rows) {
    float* s = partials(y.channels, chunk, workspace);
    kernels.residual_sums(rows, y.channels, at(dz, row), at(z, row), at(y, row), state.mean.data(), s, s + y.channels);
  });
  add_up(chunks(y), y.channels, workspace, sums);
}

void norm_relu_pool(const Activation& y, int h, int w, const NormState& state, const Activation& z, uint8_t* taps) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  int64_t images = y.rows / (h * w), pooled = z.rows / images;
  int lines = (h + 1) / 2;
#pragma omp parallel for schedule(static) collapse(2)
  for (int64_t i = 0; i < images; i++) {
    for (int line = 0; line < lines; line++) {
      kernels.pool(h, w, line, line + 1, y.channels, at(y, i * h * w), state.scale.data(), state.shift.data(),
                   at(z, i * pooled), taps + i * pooled * y.channels);
    }
  }
}

namespace {

// The gradient behind the stem's norm, image by image: the workspace holds the images' sums, then one image a thread.
class Unpool {
 public:
  Unpool(const Activation& dz, const uint8_t* taps, const Activation& y, int h, int w, NormWorkspace& workspace)
      : images(y.rows / (static_cast<int64_t>(h) * w)), dz_(dz), taps_(taps), y_(y), h_(h), w_(w),
        workspace_(workspace) {
    reserve(sums() + image() * omp_get_max_threads(), workspace);
  }

  // g of image i, in this thread's share of the workspace.
  float* operator()(int64_t i) const {
    float* g = workspace_.data() + sums() + image() * omp_get_thread_num();
    std::fill_n(g, image(), 0.0f);
    int64_t pooled = dz_.rows / images;
    norm_kernels(y_.bf16).unpool(h_, w_, y_.channels, at(dz_, i * pooled), taps_ + i * pooled * y_.channels, g);
    return g;
  }

  const int64_t images;

 private:
  int64_t sums() const { return images * 2 * y_.channels; }
  int64_t image() const { return static_cast<int64_t>(h_) * w_ * y_.channels; }

  const Activation& dz_;
  const uint8_t* taps_;
  const Activation& y_;
  int h_, w_;
  NormWorkspace& workspace_;
};

}  // namespace

void norm_relu_pool_sums(const Activation& dz, const uint8_t* taps, const Activation& y, int h, int w,
                         const NormState& state, Sums& sums, NormWorkspace& workspace) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  int64_t area = static_cast<int64_t>(h) * w;
  Unpool unpooled(dz, taps, y, h, w, workspace);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < unpooled.images; i++) {
    float *g = unpooled(i), *s = partials(y.channels, i, workspace);
    kernels.sums(area, y.channels, g, at(y, i * area), state.mean.data(), s, s + y.channels);
  }
  add_up(unpooled.images, y.channels, workspace, sums);
}

void norm_relu_pool_backward(const Activation& dz, const uint8_t* taps, const Activation& y, int h, int w,
                             const NormState& state, NormWorkspace& workspace) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  int64_t area = static_cast<int64_t>(h) * w;
  Unpool unpooled(dz, taps, y, h, w, workspace);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < unpooled.images; i++) {
    kernels.apply(area, y.channels, unpooled(i), at(y, i * area), state.a.data(), state.b.data(), state.k.data());
  }
}

}  // namespace a4j
