// AVX-512's vector, which the compiler splits in two: found instead of the header of this name.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#define A4J_UNROLL _Pragma("GCC unroll 8")

namespace a4j {
namespace {

typedef float Vec __attribute__((vector_size(64)));
constexpr int kLanes = 16;
constexpr int kPanelVectors = 4;
constexpr int kPanel = kLanes * kPanelVectors;

inline Vec load_vector(const float* p) {
  Vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

inline void store_vector(float* p, Vec v) { memcpy(p, &v, sizeof v); }

inline Vec broadcast(float x) { return Vec{} + x; }

__attribute__((always_inline)) inline Vec fma(Vec a, Vec b, Vec c) {
  __m256 x[2], y[2], z[2];
  memcpy(x, &a, sizeof a);
  memcpy(y, &b, sizeof b);
  memcpy(z, &c, sizeof c);
  for (int i = 0; i < 2; i++) z[i] = _mm256_fmadd_ps(x[i], y[i], z[i]);
  memcpy(&c, z, sizeof c);
  return c;
}

}  // namespace
}  // namespace a4j
