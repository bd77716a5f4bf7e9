// Table of the batch-norm loops over one chunk of rows, for one instruction set and storage type.
#pragma once

#include <cstdint>

namespace a4j {

struct NormKernels {
  // s1 += sum (y - pivot), s2 += sum (y - pivot)^2.
  void (*moments)(int64_t rows, int channels, const void* y, const float* pivot, float* s1, float* s2);
  // z = relu(scale y + shift + x_scale x + x_shift); x may be null; x_scale null means 1 and 0.
  void (*forward)(int64_t rows, int channels, const void* y, const float* scale, const float* shift, const void* x,
                  const float* x_scale, const float* x_shift, void* z);
  // g = dz where scale y + shift > 0; s1 += sum g, s2 += sum g (y - mean).
  void (*relu_sums)(int64_t rows, int channels, const void* dz, const void* y, const float* scale, const float* shift,
                    const float* mean, float* s1, float* s2);
  // y = a g + b y + k with g as above; without relu (shift null), g = dz.
  void (*apply)(int64_t rows, int channels, const void* dz, void* y, const float* scale, const float* shift,
                const float* a, const float* b, const float* k);
  // z = g = (dz + dz2) where z > 0; s1 += sum g, s2 += sum g (y - mean), s3 += sum g (x - x_mean).
  void (*residual_sums)(int64_t rows, int channels, const void* dz, const void* dz2, void* z, const void* y,
                        const float* mean, const void* x, const float* x_mean, float* s1, float* s2, float* s3);

  // The stem, one image of h x w: z = 3x3 stride 2 max pool of relu(scale y + shift); tap: which of
  // the 9 inputs it came from, kNoTap if none is above 0.
  void (*pool)(int h, int w, int channels, const void* y, const float* scale, const float* shift, void* z,
               uint8_t* tap);
  // g += dz at the input that tap names; g: fp32 [h][w][channels].
  void (*unpool)(int h, int w, int channels, const void* dz, const uint8_t* tap, float* g);
  // As relu_sums and apply, with g given in fp32.
  void (*sums_of)(int64_t rows, int channels, const float* g, const void* y, const float* mean, float* s1, float* s2);
  void (*apply_of)(int64_t rows, int channels, const float* g, void* y, const float* a, const float* b,
                   const float* k);
};

constexpr uint8_t kNoTap = 9;

// The best table for this processor.
const NormKernels& norm_kernels(bool bf16);

const NormKernels& norm_kernels_generic(bool bf16);
const NormKernels& norm_kernels_avx2(bool bf16);
const NormKernels& norm_kernels_avx512(bool bf16);

}  // namespace a4j
