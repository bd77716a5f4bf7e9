// The batch-norm loops, compiled once for each instruction set by including this file. Inner loops
// run over channels and, but for the max pool, leave vectorisation to the compiler; reductions take four rows a turn to
// spare the accumulators' loads and stores.
#pragma once

#include <initializer_list>

#include "ops/cpu/fetch.h"
#include "ops/cpu/norm_kernels.h"
#include "ops/cpu/simd.h"
#include "ops/math/bf16.h"
#include "ops/math/norm.h"

namespace a4j {
namespace {

constexpr int kStemChannels = 64;

template <typename T>
struct NormLoops {
  static void forward(int64_t rows, int channels, const void* y_, const float* __restrict scale,
                      const float* __restrict shift, const void* x_, const float* __restrict x_scale,
                      const float* __restrict x_shift, void* z_) {
    const T* __restrict y = static_cast<const T*>(y_);
    const T* __restrict x = static_cast<const T*>(x_);
    T* __restrict z = static_cast<T*>(z_);
    for (int64_t r = 0; r < rows; r++, y += channels, x += channels, z += channels) {
      for (const T* stream : {y, x, static_cast<const T*>(z)}) fetch_ahead(stream, channels);
      if (x_scale == nullptr) {
        for (int c = 0; c < channels; c++) store(z + c, relu(load(y + c) * scale[c] + shift[c] + load(x + c)));
      } else {
        for (int c = 0; c < channels; c++) {
          store(z + c, relu(load(y + c) * scale[c] + shift[c] + (load(x + c) * x_scale[c] + x_shift[c])));
        }
      }
    }
  }

  static void residual_sums(int64_t rows, int channels, const void* dz_, void* z_, const void* y_,
                            const float* __restrict mean, float* __restrict s1, float* __restrict s2) {
    const T *__restrict dz = static_cast<const T*>(dz_), *__restrict y = static_cast<const T*>(y_);
    T* __restrict z = static_cast<T*>(z_);
    for (int64_t r = 0; r < rows; r++, dz += channels, z += channels, y += channels) {
      for (int c = 0; c < channels; c++) {
        float slope = load(dz + c);
        float g = load(z + c) > 0 ? slope : 0;
        store(z + c, g);
        s1[c] += g;
        s2[c] += g * (load(y + c) - mean[c]);
      }
    }
  }

  static void pool(int h, int w, int first, int end, int channels, const void* y_, const float* scale,
                   const float* shift, void* z_, uint8_t* tap) {
    const T* y = static_cast<const T*>(y_);
    T* z = static_cast<T*>(z_);
    for_windows(h, w, first, end, [&](int64_t pixel, auto&& for_taps) {
      for (int c = 0; c < channels; c += kLanes) {
        Vec best = broadcast(0), from = broadcast(kNoTap);  // in registers over all taps
        Vec channel_scale = load_vector(scale + c), channel_shift = load_vector(shift + c);
        for_taps([&](int t, int64_t input) {
          Vec v = vector_of(y + input * channels + c) * channel_scale + channel_shift;
          auto below = (v <= best) | (best != best);  // a NaN, on either side, wins
          best = below ? best : v;
          from = below ? from : broadcast(t);
        });
        float value[kLanes], winner[kLanes];
        store_vector(value, best);
        store_vector(winner, from);
        for (int i = 0; i < kLanes; i++) store(z + pixel * channels + c + i, value[i]);
        for (int i = 0; i < kLanes; i++) tap[pixel * channels + c + i] = static_cast<uint8_t>(winner[i]);
      }
    });
  }

  static Vec vector_of(const T* p) {
    float values[kLanes];
    for (int i = 0; i < kLanes; i++) values[i] = load(p + i);
    return load_vector(values);
  }

  static void unpool(int h, int w, int channels, const void* dz_, const uint8_t* tap, float* g) {
    const T* dz = static_cast<const T*>(dz_);
    float slope[kStemChannels];
    int32_t from[kStemChannels];
    for_windows(h, w, 0, (h + 1) / 2, [&](int64_t pixel, auto&& for_taps) {
      for (int c = 0; c < channels; c++) slope[c] = load(dz + pixel * channels + c);
      for (int c = 0; c < channels; c++) from[c] = tap[pixel * channels + c];
      for_taps([&](int t, int64_t input) {
        float* __restrict u = g + input * channels;
        for (int c = 0; c < channels; c++) u[c] += from[c] == t ? slope[c] : 0;
      });
    });
  }

  // Calls body(output pixel, for_taps) for lines [first, end) of the windows of a 3x3 stride 2 pool with padding 1;
  // for_taps calls its argument with (tap, input pixel) for those inside the image.
  template <typename Body>
  static void for_windows(int h, int w, int first, int end, Body body) {
    int out_w = (w + 1) / 2;
    for (int i = first; i < end; i++) {
      for (int j = 0; j < out_w; j++) {
        body(static_cast<int64_t>(i) * out_w + j, [&](auto&& at_tap) {
          for (int t = 0; t < 9; t++) {
            int row = 2 * i - 1 + t / 3, column = 2 * j - 1 + t % 3;
            if (row >= 0 && row < h && column >= 0 && column < w) at_tap(t, static_cast<int64_t>(row) * w + column);
          }
        });
      }
    }
  }

  static void sums(int64_t rows, int channels, const float* __restrict g, const void* y_,
                      const float* __restrict mean, float* __restrict s1, float* __restrict s2) {
    const T* __restrict y = static_cast<const T*>(y_);
    for (int64_t r = 0; r < rows; r++, g += channels, y += channels) {
      for (int c = 0; c < channels; c++) {
        s1[c] += g[c];
        s2[c] += g[c] * (load(y + c) - mean[c]);
      }
    }
  }

  static void apply(int64_t rows, int channels, const float* __restrict g, void* y_, const float* __restrict a,
                       const float* __restrict b, const float* __restrict k) {
    T* __restrict y = static_cast<T*>(y_);
    for (int64_t r = 0; r < rows; r++, g += channels, y += channels) {
      for (int c = 0; c < channels; c++) store(y + c, a[c] * g[c] + (b[c] * load(y + c) + k[c]));
    }
  }

  static const NormKernels& table() {
    static const NormKernels kernels{forward, residual_sums, pool, unpool, sums, apply};
    return kernels;
  }
};

}  // namespace
}  // namespace a4j

#define A4J_DEFINE_NORM_KERNELS(name)                                        \
  const a4j::NormKernels& a4j::name(bool bf16) {                             \
    return bf16 ? NormLoops<a4j::bf16>::table() : NormLoops<float>::table(); \
  }
