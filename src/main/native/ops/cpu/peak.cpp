#include "ops/peak.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

#include "device/gpu.h"
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

at::Device place(int device) {
  if (device < 0) return at::kCPU;
  require_gpu(device);
  return {at::kCUDA, static_cast<c10::DeviceIndex>(device)};
}

// Seconds of a body that the device may still be doing when it returns.
template <typename Body>
double best_seconds(int device, Body body) {
  if (device < 0) return best_seconds(body);
  return best_seconds([&] {
    body();
    wait_for_gpu(device);
  });
}

// Without instructions for it, libtorch's bf16 product is hundreds of times slower than fp32, in which ours are then.
bool multiplies_bf16(int device) {
#if defined(__x86_64__)
  return device >= 0 || __builtin_cpu_supports("avx512bf16");
#else
  return device >= 0;
#endif
}

}  // namespace

double peak_gemm(int device, bool bf16) {
  const int64_t size = device < 0 ? 2048 : 8192;
  at::ScalarType type = bf16 && multiplies_bf16(device) ? at::kBFloat16 : at::kFloat;
  at::TensorOptions options = at::TensorOptions().device(place(device)).dtype(type);
  at::Tensor left = at::rand({size, size}, options), right = at::rand({size, size}, options);
  at::Tensor product = at::empty_like(left);
  return 2.0 * static_cast<double>(size * size * size) /
         best_seconds(device, [&] { at::mm_out(product, left, right); });
}

double peak_bandwidth(int device) {
  constexpr int64_t kCount = int64_t{64} << 20;
  at::TensorOptions options = at::TensorOptions().device(place(device));
  at::Tensor a = at::ones({kCount}, options), b = at::ones({kCount}, options), c = at::ones({kCount}, options);
  constexpr double kBytes = static_cast<double>(kCount) * sizeof(float);
  if (device >= 0) return 3 * kBytes / best_seconds(device, [&] { at::add_out(a, b, c, 3); });
  float *x = a.data_ptr<float>(), *y = b.data_ptr<float>(), *z = c.data_ptr<float>();
  auto triads = [&](int64_t i, int64_t n) { triad(n, y + i, z + i, x + i); };
  auto updates = [&](int64_t i, int64_t n) { update(n, y + i, x + i, z + i); };
  double triad_rate = 3 / best_seconds([&] { in_chunks(kCount, triads); });
  double update_rate = 5 / best_seconds([&] { in_chunks(kCount, updates); });
  return std::max(triad_rate, update_rate) * kBytes;
}

}  // namespace a4j
