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
  constexpr int64_t kChunk = 1 << 16;
  at::Tensor a = at::empty({kCount}), b = at::ones({kCount}), c = at::ones({kCount});
  float* out = a.data_ptr<float>();
  const float* left = b.data_ptr<float>();
  const float* right = c.data_ptr<float>();
  double seconds = best_seconds([&] {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < kCount; i += kChunk) triad(kChunk, left + i, right + i, out + i);
  });
  return 3.0 * kCount * sizeof(float) / seconds;
}

}  // namespace a4j
