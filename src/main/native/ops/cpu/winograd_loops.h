// Winograd's transforms in two dimensions over channels, compiled once for each instruction set.
#pragma once

#include "ops/cpu/conv_kernels.h"
#include "ops/cpu/products.h"
#include "ops/math/winograd.h"

namespace a4j {
namespace {

// Transform of a kFrom x kFrom tile to kTo x kTo: its columns, then its rows.
template <typename Transform>
struct Square {
  static constexpr int kFrom = Transform::kFrom, kTo = Transform::kTo;

  // Inlined, so that addresses stay in registers.
  template <typename Load, typename Store>
  __attribute__((always_inline)) static void apply(Load load_at, Store store_at) {
    Vec half[kTo][kFrom];
    A4J_UNROLL for (int j = 0; j < kFrom; j++) {
      Vec in[kFrom], out[kTo];
      A4J_UNROLL for (int i = 0; i < kFrom; i++) in[i] = load_at(i * kFrom + j);
      Transform::apply(in, out);
      A4J_UNROLL for (int i = 0; i < kTo; i++) half[i][j] = out[i];
    }
    A4J_UNROLL for (int i = 0; i < kTo; i++) {
      Vec out[kTo];
      Transform::apply(half[i], out);
      A4J_UNROLL for (int j = 0; j < kTo; j++) store_at(i * kTo + j, out[j]);
    }
  }
};

template <typename Product, typename F>
struct WinogradLoops {
  template <typename Transform, typename Words = MultiplyAdd>
  static void scatter(const float* const* from, int count, float* to, int64_t stride, const Groups& groups) {
    int64_t at = 0;
    for (int c = 0, end = groups.size; c < count; c += kLanes, at += kLanes) {
      if (c == end) at += groups.step - groups.size, end += groups.size;
      Square<Transform>::apply([&](int i) { return load_vector(from[i] + c); },
                               [&](int i, Vec v) { Words::store_words(to + i * stride, at, v); });
    }
  }

  static void output(const float* m, int64_t stride, int count, float* pixels, int64_t ld) {
    for (int c = 0; c < count; c += kLanes) {
      Square<typename F::Output>::apply([&](int i) { return load_vector(m + i * stride + c); },
                                        [&](int i, Vec v) { store_vector(pixels + i * ld + c, v); });
    }
  }

  static void weights(const float* taps, int64_t tap_stride, int count, float* u, int64_t stride) {
    Vec factor = broadcast(F::kWeightsFactor);
    for (int c = 0; c < count; c += kLanes) {
      Square<typename F::Weights>::apply([&](int i) { return load_vector(taps + i * tap_stride + c); },
                                         [&](int i, Vec v) { store_vector(u + i * stride + c, factor * v); });
    }
  }

  static void weights_gradient(const float* du, int64_t stride, int parts, int64_t part, int count, float* dw) {
    Vec factor = broadcast(F::kWeightsFactor);
    auto sum = [&](int i, int c) {
      Vec v = load_vector(du + i * stride + c);
      for (int p = 1; p < parts; p++) v = v + load_vector(du + p * part + i * stride + c);
      return v;
    };
    for (int c = 0; c < count; c += kLanes) {
      Square<typename F::WeightsGradient>::apply([&](int i) { return sum(i, c); },
                                                 [&](int i, Vec v) { store_vector(dw + i * count + c, factor * v); });
    }
  }

  static const WinogradKernels& table() {
    static const WinogradKernels kernels{F::kOutputs,
                                         F::kPoints,
                                         scatter<typename F::Input>,
                                         scatter<typename F::Input, Product>,
                                         scatter<typename F::OutputGradient>,
                                         output,
                                         weights,
                                         weights_gradient};
    return kernels;
  }
};

}  // namespace
}  // namespace a4j
