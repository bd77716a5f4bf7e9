// Table of the inner loops of a convolution, for one instruction set and storage type.
#pragma once

#include <cstdint>

#include "ops/conv.h"

namespace a4j {

struct ConvKernels {
  bool fp32;  // storage; else bf16
  int panel;  // columns of a tile: output channels are padded to a multiple of it

  // rows [pixels][ld] fp32 of pixels [first, first + pixels) of a source with `channels`.
  void (*read)(const Source& source, int64_t first, int64_t pixels, int channels, float* rows, int64_t ld);

  // c[r][panel] (+)= sum over i < depth of rows[r][offset + i] panel[i][...], for r < count <= 6.
  void (*multiply)(int count, int depth, const float* const* rows, int offset, const float* panel, float* c,
                   int64_t ldc, bool accumulate);

  // c[r][panel] += sum over i < depth of a[i * lda + r] rows[i][...], for r < count <= 6.
  void (*multiply_transposed)(int count, int depth, const float* a, int64_t lda, const float* const* rows,
                              int64_t column, float* c, int64_t ldc);

  // Stores fp32 values of columns [column, column + count) of a row, elements from `at` on, as the
  // epilogue says; adds to s1[column...], s2 and s3, but reads kMoments' pivot from s3.
  void (*finish)(const Epilogue& epilogue, const float* v, int64_t at, int column, int count, void* out,
                 float* s1, float* s2, float* s3);
};

const ConvKernels& conv_kernels_generic(bool bf16);
const ConvKernels& conv_kernels_avx2(bool bf16);
const ConvKernels& conv_kernels_avx512(bool bf16);

}  // namespace a4j
