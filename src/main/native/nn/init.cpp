#include "nn/init.h"

#include <algorithm>
#include <cmath>

namespace a4j {

namespace {

// SplitMix64's output function: a counter-based generator, so that threads cannot change the draws.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

// Uniform in (0, 1).
double uniform(uint64_t key, uint64_t counter) {
  return (static_cast<double>(mix(key ^ mix(counter)) >> 11) + 0.5) * 0x1.0p-53;
}

// Standard normal by Box-Muller, one of a pair's two values dropped for simplicity.
double normal(uint64_t key, uint64_t counter) {
  constexpr double kTwoPi = 6.283185307179586;
  return std::sqrt(-2 * std::log(uniform(key, 2 * counter))) * std::cos(kTwoPi * uniform(key, 2 * counter + 1));
}

void fill_normal(uint64_t key, double deviation, int64_t count, float* data) {
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < count; i++) data[i] = static_cast<float>(deviation * normal(key, i));
}

void fill_uniform(uint64_t key, double bound, int64_t count, float* data) {
  for (int64_t i = 0; i < count; i++) data[i] = static_cast<float>(bound * (2 * uniform(key, i) - 1));
}

}  // namespace

void initialise(const TensorSpec& spec, uint64_t seed, uint64_t stream, float* data) {
  uint64_t key = mix(seed) ^ mix(~stream);
  int64_t count = spec.elements();
  switch (spec.kind) {
    case TensorKind::kConvWeight:
      fill_normal(key, std::sqrt(2.0 / (spec.shape[0] * spec.shape[2] * spec.shape[3])), count, data);
      break;
    case TensorKind::kLinearWeight:
    case TensorKind::kLinearBias:
      fill_uniform(key, 1 / std::sqrt(static_cast<double>(Layout::kFeatures)), count, data);
      break;
    case TensorKind::kNormWeight:
    case TensorKind::kRunningVar:
      std::fill_n(data, count, 1.0f);
      break;
    case TensorKind::kNormBias:
    case TensorKind::kRunningMean:
      std::fill_n(data, count, 0.0f);
      break;
  }
}

}  // namespace a4j
