// Table of the inner loops of a convolution, for one instruction set and storage type.
#pragma once

#include <cstdint>

#include "ops/conv.h"

namespace a4j {

constexpr int kMaxChannels = 4096, kMaxPanel = 64;
constexpr int kMaxValues = 2;  // in a word
constexpr int kTile = 6;       // rows

// Where a row's channels are: [size k, size (k + 1)) begin at step k; size is a multiple of a vector's lanes.
struct Groups {
  int size;
  int64_t step;

  int64_t at(int64_t channel) const { return channel / size * step + channel % size; }
};

// All channels of a row together, be they counted in values or in words.
constexpr Groups kWhole{1 << 30, 0};

// Winograd's transforms of `count` channels, a multiple of 16. Positions of a tile lie `stride` apart.
struct WinogradKernels {
  int outputs, points;  // a dimension

  int positions() const { return points * points; }

  // Points [points^2][count] from as many pixels of an input tile.
  void (*input)(const float* const* pixels, int count, float* points, int64_t stride, const Groups& groups);

  // The same as words.
  void (*input_words)(const float* const* pixels, int count, float* points, int64_t stride, const Groups& groups);

  // Gradient by the points from that by the output pixels.
  void (*output_gradient)(const float* const* pixels, int count, float* points, int64_t stride, const Groups& groups);

  // The outputs^2 output pixels, `ld` apart, from points.
  void (*output)(const float* points, int64_t stride, int count, float* pixels, int64_t ld);

  // Points from the 9 taps, which lie tap_stride apart.
  void (*weights)(const float* taps, int64_t tap_stride, int count, float* points, int64_t stride);

  // Gradient by the taps, dw [9][count], from the sum of parts, `part` apart, of that by the points.
  void (*weights_gradient)(const float* points, int64_t stride, int parts, int64_t part, int count, float* dw);
};

// What a product brings closer meanwhile: bytes [begin, end), and, unless null, as many rows as it has.
struct Ahead {
  const char *begin, *end;
  const float* const* rows;
};

// What is multiplied are words, kept as floats: one fp32 value, or, for dot products, a pair of bf16 values that
// follow each other along the sum.
struct ConvKernels {
  bool fp32;   // storage; else bf16
  int values;  // in a word
  int panel;   // columns of a tile: output channels are padded to a multiple of it
  bool narrow;  // panels of so few columns that products gain from rows in groups: all that they read at a time lies
                // together

  int words(int channels) const { return (channels + values - 1) / values; }

  // Whether a plain source's rows are words as they lie.
  bool stores_words(int channels) const { return (fp32 || values == 2) && channels % values == 0; }

  // rows [pixels][ld] fp32 of pixels [first, first + pixels) of a source with `channels`.
  void (*read)(const Source& source, int64_t first, int64_t pixels, int channels, float* rows, int64_t ld);

  // The same as words of channels.
  void (*read_words)(const Source& source, int64_t first, int64_t pixels, int channels, float* rows, int64_t ld);

  // The same as fp32 in groups, in which rows lie one behind the other.
  void (*read_groups)(const Source& source, int64_t first, int64_t pixels, int channels, float* rows,
                      const Groups& groups);

  // words [width] of `values` fp32 rows, one below the other.
  void (*pack)(const float* const* rows, int width, float* words);

  // Tiles of 1 to 6 rows: c[r][panel] (+)= sum over i < depth words of rows[r][offset + i] panel[i][...].
  void (*multiply[kTile])(int depth, const float* const* rows, int64_t offset, const float* panel, float* c,
                          int64_t ldc, bool accumulate, const Ahead& ahead);

  // The same of c[r][panel] (+)= sum over i < depth words of a[i * lda + r] rows[i][column...].
  void (*multiply_transposed[kTile])(int depth, const float* a, int64_t lda, const float* const* rows, int64_t column,
                                     float* c, int64_t ldc, bool accumulate);

  // A matrix unit's product in place of `multiply` and `multiply_transposed`, or null: c[r][panel] (+)= sum over
  // i < depth words of rows[r][offset + i] panel[i][...] for any count of rows.
  void (*multiply_matrix)(int count, int depth, const float* const* rows, int64_t offset, const float* panel, float* c,
                          int64_t ldc, bool accumulate, const Ahead& ahead);

  // Stores fp32 values of columns [column, column + count) of a row, elements from `at` on, as the
  // epilogue says; adds to s1[column...], s2 and s3, but reads kMoments' pivot from s3.
  void (*finish)(const Epilogue& epilogue, const float* v, int64_t at, int column, int count, void* out,
                 float* s1, float* s2, float* s3);

  const WinogradKernels &winograd2, &winograd4;  // F(2x2, 3x3) and F(4x4, 3x3)
};

const ConvKernels& conv_kernels_generic(bool bf16);
const ConvKernels& conv_kernels_avx2(bool bf16);
const ConvKernels& conv_kernels_avx512(bool bf16);

// Dot products of bf16 in bf16 storage.
const ConvKernels& conv_kernels_avx512_bf16();

// The same by the tiles of AMX.
const ConvKernels& conv_kernels_amx();

}  // namespace a4j
