#include "ops/adam.h"

#include <algorithm>

#include "ops/cpu/clones.h"

namespace a4j {

namespace {

A4J_CPU_CLONES
void update_range(AdamStep step, int64_t count, const float* __restrict gradient, float* __restrict m,
                  float* __restrict v, float* __restrict weights) {
  for (int64_t i = 0; i < count; i++) adam_update(step, gradient[i], m[i], v[i], weights[i]);
}

}  // namespace

void adam(const AdamOptions& o, float learning_rate, int64_t t, int64_t count, const float* gradient, float* m,
          float* v, float* weights) {
  constexpr int64_t kChunk = 16384;
  AdamStep step = adam_step(o, learning_rate, t);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < count; i += kChunk) {
    update_range(step, std::min(kChunk, count - i), gradient + i, m + i, v + i, weights + i);
  }
}

}  // namespace a4j
