// What a lane of a product adds up, compiled for the instruction set of the file that includes this one.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/cpu/simd.h"

namespace a4j {
namespace {

// Of words that are one fp32 value.
struct MultiplyAdd {
  static constexpr int kValues = 1;

  __attribute__((always_inline)) static Vec add(Vec x, Vec y, Vec sum) { return fma(x, y, sum); }

  static void pack(const float* const* rows, int width, float* words) { std::copy_n(rows[0], width, words); }

  static void store_words(float* words, int64_t at, Vec v) { store_vector(words + at, v); }
};

#if defined(__AVX512BF16__)
// Of words that are a pair of bf16 values: both products are added, in fp32.
struct DotProduct {
  static constexpr int kValues = 2;

  static Vec add(Vec x, Vec y, Vec sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(x), reinterpret_cast<__m512bh>(y));
  }

  static void pack(const float* const* rows, int width, float* words) {
    int j = 0;
    for (; j + kLanes <= width; j += kLanes) {
      store_vector(words + j, pairs(load_vector(rows[0] + j), load_vector(rows[1] + j)));
    }
    __mmask16 rest = static_cast<__mmask16>((1u << (width - j)) - 1);
    Vec first = _mm512_maskz_loadu_ps(rest, rows[0] + j), second = _mm512_maskz_loadu_ps(rest, rows[1] + j);
    _mm512_mask_storeu_ps(words + j, rest, pairs(first, second));
  }

  // From value `at` on.
  static void store_words(float* words, int64_t at, Vec v) {
    __m256bh rounded = _mm512_cvtneps_pbh(v);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words + at / kValues), reinterpret_cast<__m256i>(rounded));
  }

 private:
  static Vec pairs(Vec first, Vec second) {
    const __m512i kInTurns = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,  //
                                              23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    __m512i halves = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
    return _mm512_castsi512_ps(_mm512_permutexvar_epi16(kInTurns, halves));
  }
};
#endif

}  // namespace
}  // namespace a4j
