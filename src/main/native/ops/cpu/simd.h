// The widest fp32 vector of the instruction set a file is compiled for.
#pragma once

#include <cstdint>

#if defined(__AVX512F__) || defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

// Arrays of vectors stay in registers only if every loop over them is unrolled.
#define A4J_UNROLL _Pragma("GCC unroll 8")

// fma is written as the instruction that keeps its sum in place: of the intrinsic GCC makes others, too, that move a
// tile's sums from register to register until one of them has to visit the stack.

namespace a4j {
namespace {

#if defined(__AVX512F__)
using Vec = __m512;
constexpr int kLanes = 16;
constexpr int kPanelVectors = 4;  // 6 x 4 accumulators leave 8 of 32 registers
inline Vec fma(Vec a, Vec b, Vec c) {
  asm("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
}
inline Vec broadcast(float x) { return _mm512_set1_ps(x); }
inline Vec load_vector(const float* p) { return _mm512_loadu_ps(p); }
inline void store_vector(float* p, Vec v) { _mm512_storeu_ps(p, v); }
#elif defined(__AVX2__)
using Vec = __m256;
constexpr int kLanes = 8;
constexpr int kPanelVectors = 2;  // 6 x 2 accumulators leave 4 of 16 registers
inline Vec fma(Vec a, Vec b, Vec c) {
  asm("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
  return c;
}
inline Vec broadcast(float x) { return _mm256_set1_ps(x); }
inline Vec load_vector(const float* p) { return _mm256_loadu_ps(p); }
inline void store_vector(float* p, Vec v) { _mm256_storeu_ps(p, v); }
#elif defined(__SSE2__)
using Vec = __m128;
constexpr int kLanes = 4;
constexpr int kPanelVectors = 2;
inline Vec fma(Vec a, Vec b, Vec c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
inline Vec broadcast(float x) { return _mm_set1_ps(x); }
inline Vec load_vector(const float* p) { return _mm_loadu_ps(p); }
inline void store_vector(float* p, Vec v) { _mm_storeu_ps(p, v); }
#else
using Vec = float;
constexpr int kLanes = 1;
constexpr int kPanelVectors = 8;
inline Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
inline Vec broadcast(float x) { return x; }
inline Vec load_vector(const float* p) { return *p; }
inline void store_vector(float* p, Vec v) { *p = v; }
#endif

constexpr int kPanel = kLanes * kPanelVectors;  // columns of a tile

}  // namespace
}  // namespace a4j
