// Table of the batch-norm loops, for one instruction set and storage type.
#pragma once

#include <cstdint>

namespace a4j {

struct NormKernels {
  // z = relu(scale y + shift + x_scale x + x_shift); x_scale null means 1 and 0.
  void (*forward)(int64_t rows, int channels, const void* y, const float* scale, const float* shift, const void* x,
                  const float* x_scale, const float* x_shift, void* z);
  // z = g = dz where z > 0; s1 += sum g, s2 += sum g (y - mean).
  void (*residual_sums)(int64_t rows, int channels, const void* dz, void* z, const void* y, const float* mean,
                        float* s1, float* s2);

  // The stem, lines [first, end) of z of one image of h x w: z = 3x3 stride 2 max pool of relu(scale y + shift); tap:
  // which of the 9 inputs it came from, kNoTap if none is above 0. Channels: a multiple of 16.
  void (*pool)(int h, int w, int first, int end, int channels, const void* y, const float* scale, const float* shift,
               void* z, uint8_t* tap);
  // g += dz at the input that tap names; g: fp32 [h][w][channels].
  void (*unpool)(int h, int w, int channels, const void* dz, const uint8_t* tap, float* g);
  // s1 += sum g, s2 += sum g (y - mean).
  void (*sums)(int64_t rows, int channels, const float* g, const void* y, const float* mean, float* s1, float* s2);
  // y = a g + b y + k.
  void (*apply)(int64_t rows, int channels, const float* g, void* y, const float* a, const float* b, const float* k);
};

constexpr uint8_t kNoTap = 9;

// The best table for this processor.
const NormKernels& norm_kernels(bool bf16);

const NormKernels& norm_kernels_generic(bool bf16);
const NormKernels& norm_kernels_avx2(bool bf16);
const NormKernels& norm_kernels_avx512(bool bf16);

}  // namespace a4j
