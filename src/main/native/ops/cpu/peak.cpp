#include "ops/peak.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

#include "ops/cpu/clones.h"

namespace a4j {

namespace {

using Clock = std::chrono::steady_clock;

// Shortest time of one call in seconds: others only ever make a call longer.
template <typename Body>
double best_seconds(Body body) {
  constexpr int kLeastCalls = 5;
  constexpr std::chrono::milliseconds kAtLeast(500);
  body();  // the first touch of memory and the library's choice of kernels
  double best = 1e300;
  Clock::time_point start = Clock::now();
  for (int call = 0; call < kLeastCalls || Clock::now() - start < kAtLeast; call++) {
    Clock::time_point before = Clock::now();
    body();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - before).count());
  }
  return best;
}

A4J_CPU_CLONES
void triad(int64_t count, const float* __restrict b, const float* __restrict c, float* __restrict a) {
  for (int64_t i = 0; i < count; i++) a[i] = b[i] + 3 * c[i];
}

// Two buffers in place, as an optimizer does: no line is written that was not read.
A4J_CPU_CLONES
void update(int64_t count, const float* __restrict b, float* __restrict a, float* __restrict c) {
  for (int64_t i = 0; i < count; i++) {
    a[i] = 0.5f * a[i] + b[i];
    c[i] = 0.5f * c[i] + b[i];
  }
}

// Calls body(first, elements) for all chunks, on all threads.
template <typename Body>
void in_chunks(int64_t count, Body body) {
  constexpr int64_t kChunk = 1 << 16;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < count; i += kChunk) body(i, std::min(kChunk, count - i));
}

}  // namespace

double peak_gemm(bool bf16) {
  constexpr int64_t kSize = 2048;
  at::Tensor left = at::rand({kSize, kSize}).to(bf16 ? at::kBFloat16 : at::kFloat);
  at::Tensor right = at::rand({kSize, kSize}).to(left.dtype());
  at::Tensor product = at::empty_like(left);
  return 2.0 * kSize * kSize * kSize / best_seconds([&] { at::mm_out(product, left, right); });
}

double peak_bandwidth() {
  constexpr int64_t kCount = int64_t{64} << 20;
  at::Tensor a = at::ones({kCount}), b = at::ones({kCount}), c = at::ones({kCount});
  float *x = a.data_ptr<float>(), *y = b.data_ptr<float>(), *z = c.data_ptr<float>();
  auto triads = [&](int64_t i, int64_t n) { triad(n, y + i, z + i, x + i); };
  auto updates = [&](int64_t i, int64_t n) { update(n, y + i, x + i, z + i); };
  double triad_rate = 3 / best_seconds([&] { in_chunks(kCount, triads); });
  double update_rate = 5 / best_seconds([&] { in_chunks(kCount, updates); });
  return std::max(triad_rate, update_rate) * kCount * sizeof(float);
}

}  // namespace a4j
