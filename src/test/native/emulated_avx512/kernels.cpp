// The kernels of AVX-512, AVX512_BF16 and AMX for processors that have AVX2 alone: the same loops in vectors of 16
// lanes, with dot products in plain C++. AFFECT4J_ISA chooses; without it, avx512_bf16.
#include <cstdlib>
#include <cstring>

#include "ops/cpu/conv_loops.h"
#include "ops/cpu/isa.h"
#include "ops/cpu/matrix_loops.h"
#include "ops/cpu/norm_loops.h"

#define cpu_isa real_isa
#include "ops/cpu/isa.cpp"
#undef cpu_isa

namespace a4j {

namespace {

typedef uint32_t Bits __attribute__((vector_size(sizeof(Vec))));

Vec of_bits(Bits bits) {
  Vec v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

// A word's lower half is the first of two bf16 values, its upper half the second.
struct DotProduct {
  static constexpr int kValues = 2;

  __attribute__((always_inline)) static Vec add(Vec x, Vec y, Vec sum) {
    return fma(first(x), first(y), fma(second(x), second(y), sum));
  }

  static void pack(const float* const* rows, int width, float* words) {
    for (int j = 0; j < width; j++) {
      bf16 pair[kValues];
      for (int v = 0; v < kValues; v++) store(pair + v, rows[v][j]);
      memcpy(words + j, pair, sizeof pair);
    }
  }

  static void store_words(float* words, int64_t at, Vec v) {
    bf16 rounded[kLanes];
    for (int i = 0; i < kLanes; i++) store(rounded + i, v[i]);
    memcpy(words + at / kValues, rounded, sizeof rounded);
  }

 private:
  static Bits bits_of(Vec v) {
    Bits bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
  }

  static Vec first(Vec v) { return of_bits(bits_of(v) << 16); }
  static Vec second(Vec v) { return of_bits(bits_of(v) & 0xFFFF0000u); }
};

}  // namespace

const ConvKernels& conv_kernels_avx512_bf16() { return ConvLoops<bf16, DotProduct>::table(); }

const ConvKernels& conv_kernels_amx() {
  static const ConvKernels kernels = ConvLoops<bf16, DotProduct>::table(multiply_matrix);
  return kernels;
}

Isa cpu_isa() {
  const char* wish = std::getenv("AFFECT4J_ISA");
  if (!has(Isa::kAvx2)) return Isa::kGeneric;
  for (Isa isa : {Isa::kAvx512, Isa::kAmx}) {
    if (wish != nullptr && std::strcmp(wish, name(isa)) == 0) return isa;
  }
  return Isa::kAvx512Bf16;
}

}  // namespace a4j

A4J_DEFINE_CONV_KERNELS(conv_kernels_avx512)
A4J_DEFINE_NORM_KERNELS(norm_kernels_avx512)
