#include "ops/norm.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "ops/cpu/isa.h"
#include "ops/cpu/norm_kernels.h"
#include "ops/math/bf16.h"

namespace a4j {

const NormKernels& norm_kernels(bool bf16) {
  switch (cpu_isa()) {
    case Isa::kAvx512:
      return norm_kernels_avx512(bf16);
    case Isa::kAvx2:
      return norm_kernels_avx2(bf16);
    default:
      return norm_kernels_generic(bf16);
  }
}

namespace {

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;

// Rows of a chunk: about 64 KiB of fp32, so that a chunk's operands stay in L2.
int64_t rows_per_chunk(const Activation& y) { return std::max<int64_t>(8, 16384 / y.channels); }

int64_t chunks(const Activation& y) { return (y.rows + rows_per_chunk(y) - 1) / rows_per_chunk(y); }

void* at(const Activation& a, int64_t row) {
  return static_cast<char*>(a.data) + row * a.channels * (a.bf16 ? 2 : 4);
}

// Calls body(chunk, first row, rows) for all chunks, on all threads.
template <typename Body>
void for_chunks(const Activation& y, Body body) {
  int64_t size = rows_per_chunk(y), count = chunks(y);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < count; i++) body(i, i * size, std::min(size, y.rows - i * size));
}

// Zeroed partial sums, `sums` vectors of channels for each chunk; returns a chunk's first vector.
float* partials(const Activation& y, int sums, int64_t chunk, NormWorkspace& workspace) {
  float* first = workspace.data() + chunk * sums * y.channels;
  std::fill_n(first, sums * y.channels, 0.0f);
  return first;
}

void reserve(const Activation& y, int sums, NormWorkspace& workspace) {
  size_t size = static_cast<size_t>(chunks(y)) * sums * y.channels;
  if (workspace.size() < size) workspace.resize(size);
}

// Total of vector `which` of all parts, for one channel, in double and in order.
double total(int64_t parts, const Activation& y, int sums, int which, int channel, const NormWorkspace& workspace) {
  double sum = 0;
  for (int64_t i = 0; i < parts; i++) sum += workspace[(i * sums + which) * y.channels + channel];
  return sum;
}

// The mean of a few rows spread over y. Sums of differences to a value near the mean lose no digits;
// the running mean is far from it in the first steps of a training.
template <typename T>
std::vector<float> sample_mean(const Activation& y) {
  int64_t samples = std::min<int64_t>(8, y.rows);
  std::vector<float> mean(y.channels);
  for (int64_t i = 0; i < samples; i++) {
    const T* row = static_cast<const T*>(at(y, i * y.rows / samples));
    for (int c = 0; c < y.channels; c++) mean[c] += load(row + c) / samples;
  }
  return mean;
}

void update_running(float& running, double value) {
  running = static_cast<float>((1 - kMomentum) * running + kMomentum * value);
}

// a g + b y + k, the affine form of the backward formula.
struct Affine {
  std::vector<float> a, b, k;
};

Affine backward_affine(const Activation& y, const NormState& state, const NormSlopes& slopes) {
  int channels = y.channels;
  Affine f{std::vector<float>(channels), std::vector<float>(channels), std::vector<float>(channels)};
  for (int c = 0; c < channels; c++) {
    double scale = state.scale[c], n = static_cast<double>(y.rows);
    double per_y = -scale * state.inverse_deviation[c] * slopes.weight[c] / n;
    f.a[c] = state.scale[c];
    f.b[c] = static_cast<float>(per_y);
    f.k[c] = static_cast<float>(-scale * slopes.bias[c] / n - per_y * state.mean[c]);
  }
  return f;
}

// Slopes from the partial sums: vector 0 of each part is sum g, vector `which` sum g (y - mean).
void store_slopes(int64_t parts, const Activation& y, int sums, int which, const NormState& state,
                  const NormSlopes& slopes, const NormWorkspace& workspace) {
  for (int c = 0; c < y.channels; c++) {
    slopes.bias[c] = static_cast<float>(total(parts, y, sums, 0, c, workspace));
    slopes.weight[c] = static_cast<float>(total(parts, y, sums, which, c, workspace) * state.inverse_deviation[c]);
  }
}

void forward(const Activation& y, const NormState& state, const Activation* x, const NormState* x_state,
             const Activation& z) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  for_chunks(y, [&](int64_t, int64_t row, int64_t rows) {
    kernels.forward(rows, y.channels, at(y, row), state.scale.data(), state.shift.data(), x ? at(*x, row) : nullptr,
                    x_state ? x_state->scale.data() : nullptr, x_state ? x_state->shift.data() : nullptr, at(z, row));
  });
}

}  // namespace

void norm_statistics(const Activation& y, const NormParameters& parameters, NormState& state,
                     NormWorkspace& workspace) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  std::vector<float> pivot = y.bf16 ? sample_mean<bf16>(y) : sample_mean<float>(y);
  reserve(y, 2, workspace);
  for_chunks(y, [&](int64_t chunk, int64_t row, int64_t rows) {
    float* s = partials(y, 2, chunk, workspace);
    kernels.moments(rows, y.channels, at(y, row), pivot.data(), s, s + y.channels);
  });
  double n = static_cast<double>(y.rows);
  for (int c = 0; c < y.channels; c++) {
    double offset = total(chunks(y), y, 2, 0, c, workspace) / n;
    double variance = std::max(0.0, total(chunks(y), y, 2, 1, c, workspace) / n - offset * offset);
    double mean = pivot[c] + offset;
    double inverse_deviation = 1 / std::sqrt(variance + kEpsilon);
    state.mean[c] = static_cast<float>(mean);
    state.inverse_deviation[c] = static_cast<float>(inverse_deviation);
    state.scale[c] = static_cast<float>(parameters.weight[c] * inverse_deviation);
    state.shift[c] = static_cast<float>(parameters.bias[c] - mean * parameters.weight[c] * inverse_deviation);
    update_running(parameters.running_mean[c], mean);
    update_running(parameters.running_var[c], n > 1 ? variance * n / (n - 1) : variance);
  }
}

void norm_relu(const Activation& y, const NormState& state, const Activation& z) {
  forward(y, state, nullptr, nullptr, z);
}

void norm_add_relu(const Activation& y, const NormState& state, const Activation& x, const Activation& z) {
  forward(y, state, &x, nullptr, z);
}

void norm_add_norm_relu(const Activation& y, const NormState& state, const Activation& x, const NormState& x_state,
                        const Activation& z) {
  forward(y, state, &x, &x_state, z);
}

void norm_relu_backward(const Activation& dz, const Activation& y, const NormState& state, const NormSlopes& slopes,
                        NormWorkspace& workspace) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  const float *scale = state.scale.data(), *shift = state.shift.data();
  reserve(y, 2, workspace);
  for_chunks(y, [&](int64_t chunk, int64_t row, int64_t rows) {
    float* s = partials(y, 2, chunk, workspace);
    kernels.relu_sums(rows, y.channels, at(dz, row), at(y, row), scale, shift, state.mean.data(), s, s + y.channels);
  });
  store_slopes(chunks(y), y, 2, 1, state, slopes, workspace);
  Affine f = backward_affine(y, state, slopes);
  for_chunks(y, [&](int64_t, int64_t row, int64_t rows) {
    kernels.apply(rows, y.channels, at(dz, row), at(y, row), scale, shift, f.a.data(), f.b.data(), f.k.data());
  });
}

void residual_relu_backward(const Activation& dz, const Activation& dz2, const Activation& z, const Activation& y,
                            const NormState& state, const NormSlopes& slopes, const Activation& x,
                            const NormState* x_state, const NormSlopes& x_slopes, NormWorkspace& workspace) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  reserve(y, 3, workspace);
  for_chunks(y, [&](int64_t chunk, int64_t row, int64_t rows) {
    float* s = partials(y, 3, chunk, workspace);
    kernels.residual_sums(rows, y.channels, at(dz, row), dz2.data ? at(dz2, row) : nullptr, at(z, row), at(y, row),
                          state.mean.data(), x_state ? at(x, row) : nullptr, x_state ? x_state->mean.data() : nullptr,
                          s, s + y.channels, s + 2 * y.channels);
  });
  store_slopes(chunks(y), y, 3, 1, state, slopes, workspace);
  if (x_state) store_slopes(chunks(y), y, 3, 2, *x_state, x_slopes, workspace);
}

void norm_backward(const Activation& g, const Activation& y, const NormState& state, const NormSlopes& slopes) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  Affine f = backward_affine(y, state, slopes);
  for_chunks(y, [&](int64_t, int64_t row, int64_t rows) {
    kernels.apply(rows, y.channels, at(g, row), at(y, row), nullptr, nullptr, f.a.data(), f.b.data(), f.k.data());
  });
}

void norm_relu_pool(const Activation& y, int h, int w, const NormState& state, const Activation& z, uint8_t* taps) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  int64_t images = y.rows / (h * w), pooled = z.rows / images;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < images; i++) {
    kernels.pool(h, w, y.channels, at(y, i * h * w), state.scale.data(), state.shift.data(), at(z, i * pooled),
                 taps + i * pooled * y.channels);
  }
}

void norm_relu_pool_backward(const Activation& dz, const uint8_t* taps, const Activation& y, int h, int w,
                             const NormState& state, const NormSlopes& slopes, NormWorkspace& workspace) {
  const NormKernels& kernels = norm_kernels(y.bf16);
  int64_t area = static_cast<int64_t>(h) * w, images = y.rows / area, pooled = dz.rows / images;
  int64_t sums = images * 2 * y.channels, image = area * y.channels;
  size_t size = static_cast<size_t>(sums + image * omp_get_max_threads());
  if (workspace.size() < size) workspace.resize(size);
  auto unpooled = [&](int64_t i) {
    float* g = workspace.data() + sums + image * omp_get_thread_num();
    std::fill_n(g, image, 0.0f);
    kernels.unpool(h, w, y.channels, at(dz, i * pooled), taps + i * pooled * y.channels, g);
    return g;
  };
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < images; i++) {
    float *g = unpooled(i), *s = partials(y, 2, i, workspace);
    kernels.sums_of(area, y.channels, g, at(y, i * area), state.mean.data(), s, s + y.channels);
  }
  store_slopes(images, y, 2, 1, state, slopes, workspace);
  Affine f = backward_affine(y, state, slopes);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < images; i++) {
    kernels.apply_of(area, y.channels, unpooled(i), at(y, i * area), f.a.data(), f.b.data(), f.k.data());
  }
}

}  // namespace a4j
