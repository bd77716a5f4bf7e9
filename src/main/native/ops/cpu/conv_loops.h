// The inner loops of a convolution, compiled once for each instruction set by including this file.
#pragma once

#include <limits>

#include "ops/cpu/conv_kernels.h"
#include "ops/cpu/fetch.h"
#include "ops/cpu/products.h"
#include "ops/cpu/winograd_loops.h"
#include "ops/math/bf16.h"
#include "ops/math/norm.h"

namespace a4j {
namespace {

template <typename Product, int kRows>
struct Tile {
  Vec acc[kRows][kPanelVectors];

  // From 0, or from c.
  void start(const float* c, int64_t ldc, bool accumulate) {
    A4J_UNROLL for (int r = 0; r < kRows; r++) {
      A4J_UNROLL for (int j = 0; j < kPanelVectors; j++) {
        acc[r][j] = accumulate ? load_vector(c + r * ldc + j * kLanes) : broadcast(0);
      }
    }
  }

  void store_to(float* c, int64_t ldc) const {
    A4J_UNROLL for (int r = 0; r < kRows; r++) {
      A4J_UNROLL for (int j = 0; j < kPanelVectors; j++) store_vector(c + r * ldc + j * kLanes, acc[r][j]);
    }
  }

  // acc[r] += value(r) times the panel's row b.
  template <typename Value>
  void add_outer(const float* b, Value value) {
    Vec columns[kPanelVectors];
    A4J_UNROLL for (int j = 0; j < kPanelVectors; j++) columns[j] = load_vector(b + j * kLanes);
    A4J_UNROLL for (int r = 0; r < kRows; r++) {
      Vec x = broadcast(value(r));
      A4J_UNROLL for (int j = 0; j < kPanelVectors; j++) acc[r][j] = Product::add(x, columns[j], acc[r][j]);
    }
  }
};

template <typename Product, int kRows>
void multiply_tile(int depth, const float* const* rows, int64_t offset, const float* panel, float* c, int64_t ldc,
                   bool accumulate, const Ahead& ahead) {
  Tile<Product, kRows> tile;
  tile.start(c, ldc, accumulate);
  const float* a[kRows];
  A4J_UNROLL for (int r = 0; r < kRows; r++) a[r] = rows[r] + offset;
  auto step = [&](int i) { tile.add_outer(panel + i * kPanel, [&](int r) { return a[r][i]; }); };
  auto four_steps = [&](int i) {
    step(i);
    step(i + 1);
    step(i + 2);
    step(i + 3);
  };
  constexpr int kLine = 64, kWords = kLine / sizeof(float);
  const char *next = ahead.begin, *end = ahead.end;
  auto fetch = [&] {
    __builtin_prefetch(next, 0, 2);
    __builtin_prefetch(next + kLine, 0, 2);
    next += 2 * kLine;
  };
  int i = 0;
  if (ahead.rows != nullptr) {
    for (; i + kWords <= depth; i += kWords) {
      A4J_UNROLL for (int r = 0; r < kRows; r++) __builtin_prefetch(ahead.rows[r] + offset + i, 0, 2);
      if (next < end) fetch();
      for (int j = 0; j < kWords; j += 4) four_steps(i + j);
    }
  }
  // Over the whole tile if they are not too many: more than the cache can wait for would hold up the product.
  if (8 * (end - next) <= 5 * depth * kLine) {
    for (; i + 4 <= depth && next < end; i += 4) {
      fetch();
      four_steps(i);
    }
  }
  for (; i < depth && next < end; i++) {
    fetch();
    step(i);
  }
  for (; i + 4 <= depth; i += 4) four_steps(i);
  for (; i < depth; i++) step(i);
  tile.store_to(c, ldc);
}

template <typename Product, int kRows>
void multiply_transposed_tile(int depth, const float* a, int64_t lda, const float* const* rows, int64_t column,
                              float* c, int64_t ldc, bool accumulate) {
  Tile<Product, kRows> tile;
  tile.start(c, ldc, accumulate);
  auto step = [&](int i) {
    __builtin_prefetch(a + i * lda + 16);
    tile.add_outer(rows[i] + column, [&](int r) { return a[i * lda + r]; });
  };
  int i = 0;
  // The next tile's sums come closer, a line at a time.
  for (; i < depth && i < kRows * kPanelVectors; i++) {
    __builtin_prefetch(c + (kRows + i / kPanelVectors) * ldc + i % kPanelVectors * kLanes, 1);
    step(i);
  }
  for (; i < depth; i++) step(i);
  tile.store_to(c, ldc);
}

// The element at `offset` of what may be absent.
template <typename T>
const T* from(const T* data, int64_t offset) {
  return data == nullptr ? nullptr : data + offset;
}

template <typename T, typename Product = MultiplyAdd>
struct ConvLoops {
  static constexpr int kPiece = 128;  // channels between fetches

  static void read_patches(const Source& source, int64_t first, int64_t pixels, float* out, int64_t ld) {
    constexpr int kRow = 7 * 3;
    int64_t width = (2 * source.patch_columns + 6) * 3, height = 2 * source.patch_rows + 6;
    for (int64_t p = first; p < first + pixels; p++, out += ld) {
      int64_t column = p % source.patch_columns, line = p / source.patch_columns;
      int64_t image = line / source.patch_rows, row = line % source.patch_rows;
      const float* x = static_cast<const float*>(source.data) + (image * height + 2 * row) * width + 2 * column * 3;
      for (int i = 0; i < 7; i++) memcpy(out + i * kRow, x + i * width, kRow * sizeof(float));
    }
  }

  static void read(const Source& source, int64_t first, int64_t pixels, int channels, float* out, int64_t ld) {
    if (source.kind == Source::kPatches) return read_patches(source, first, pixels, out, ld);
    const T* x = static_cast<const T*>(source.data) + first * channels;
    const T* y = from(static_cast<const T*>(source.y), first * channels);
    for (int64_t p = 0; p < pixels; p++) {
      for (int c = 0; c < channels; c += kPiece) {
        int count = channels - c < kPiece ? channels - c : kPiece;
        int64_t at = p * channels + c;
        fetch_ahead(x + at, count);
        if (y) fetch_ahead(y + at, count);
        read_piece(source, x + at, from(y, at), c, count, out + p * ld + c);
      }
    }
  }

  // Row by row through fp32, in the L1 cache.
  static void read_words(const Source& source, int64_t first, int64_t pixels, int channels, float* out, int64_t ld) {
    if (Product::kValues == 1) return read(source, first, pixels, channels, out, ld);
    alignas(64) float row[kMaxChannels + kLanes];
    for (int64_t p = 0; p < pixels; p++, out += ld) {
      read(source, first + p, 1, channels, row, 0);
      row[channels] = 0;  // the other half of a last word
      for (int c = 0; c < channels; c += kLanes) Product::store_words(out, c, load_vector(row + c));
    }
  }

  static void read_groups(const Source& source, int64_t first, int64_t pixels, int channels, float* out,
                          const Groups& groups) {
    constexpr int kFew = 2048;  // channels of rows read at a time: they stay in the L1 cache
    alignas(64) float rows[kMaxChannels + kMaxPanel];
    int64_t few = channels < kFew ? kFew / channels : 1;
    for (int64_t p = 0; p < pixels; p += few) {
      int64_t count = pixels - p < few ? pixels - p : few;
      read(source, first + p, count, channels, rows, channels);
      for (int c = 0; c < channels; c += groups.size) {
        float* to = out + groups.at(c) + p * groups.size;
        for (int64_t r = 0; r < count; r++, to += groups.size) copy_group(rows + r * channels + c, groups.size, to);
      }
    }
  }

  static void copy_group(const float* from, int size, float* to) {
    constexpr int kStep = 8;
    for (int i = 0; i < size; i += kStep) memcpy(to + i, from + i, kStep * sizeof(float));
  }

  // Channels [first, first + count) of a pixel.
  static void read_piece(const Source& source, const T* __restrict x, const T* __restrict y, int first, int count,
                         float* __restrict out) {
    const float *__restrict scale = from(source.scale, first), *__restrict shift = from(source.shift, first);
    const float *__restrict a = from(source.a, first), *__restrict b = from(source.b, first);
    const float* __restrict k = from(source.k, first);
    switch (source.kind) {
      case Source::kPlain:
        for (int c = 0; c < count; c++) out[c] = load(x + c);
        break;
      case Source::kNormRelu:
        for (int c = 0; c < count; c++) out[c] = relu(load(x + c) * scale[c] + shift[c]);
        break;
      case Source::kNormBackward:
        for (int c = 0; c < count; c++) out[c] = a[c] * load(x + c) + (b[c] * load(y + c) + k[c]);
        break;
      case Source::kNormReluBackward:
        for (int c = 0; c < count; c++) {
          float u = load(y + c), v = load(x + c);
          float g = u * scale[c] + shift[c] > 0 ? v : 0;
          out[c] = a[c] * g + (b[c] * u + k[c]);
        }
        break;
      case Source::kPatches:
        break;
    }
  }

  static void finish(const Epilogue& e, const float* v, int64_t at, int column, int count, void* out, float* s1,
                     float* s2, float* s3) {
    for (int c = 0; c < count; c += kPiece) {
      int piece = count - c < kPiece ? count - c : kPiece;
      for (const void* stream : {static_cast<const void*>(out), e.y, e.add, e.y2}) {
        if (stream) fetch_ahead(static_cast<const T*>(stream) + at + c, piece);
      }
      finish_piece(e, v + c, at + c, column + c, piece, out, s1, s2, s3);
    }
  }

  static void finish_piece(const Epilogue& e, const float* __restrict v, int64_t at, int column, int count,
                           void* out_, float* __restrict s1, float* __restrict s2, float* __restrict s3) {
    T* __restrict out = static_cast<T*>(out_) + at;
    const T* __restrict y = static_cast<const T*>(e.y) + (e.y ? at : 0);
    const float* __restrict mean = e.mean + (e.mean ? column : 0);
    s1 += column;
    s2 += column;
    switch (e.kind) {
      case Epilogue::kStore:
        for (int c = 0; c < count; c++) store(out + c, v[c]);
        break;
      case Epilogue::kMoments: {
        for (int c = 0; c < count; c++) {
          store(out + c, v[c]);
          float d = load(out + c) - s3[column + c];
          s1[c] += d;
          s2[c] += d * d;
        }
        break;
      }
      case Epilogue::kNormRelu: {
        const float *__restrict scale = e.scale + column, *__restrict shift = e.shift + column;
        for (int c = 0; c < count; c++) {
          store(out + c, v[c]);
          float u = load(y + c), stored = load(out + c);
          float g = u * scale[c] + shift[c] > 0 ? stored : 0;
          s1[c] += g;
          s2[c] += g * (u - mean[c]);
        }
        break;
      }
      case Epilogue::kResidual: {
        const T* __restrict add = static_cast<const T*>(e.add) + at;
        for (int c = 0; c < count; c++) {
          float sum = v[c] + load(add + c);
          store(out + c, load(out + c) > 0 ? sum : 0);
          float g = load(out + c);
          s1[c] += g;
          s2[c] += g * (load(y + c) - mean[c]);
        }
        if (e.y2 == nullptr) break;
        const T* __restrict y2 = static_cast<const T*>(e.y2) + at;
        for (int c = 0; c < count; c++) s3[column + c] += load(out + c) * (load(y2 + c) - e.mean2[column + c]);
        break;
      }
      case Epilogue::kAdd:
        for (int c = 0; c < count; c++) store(out + c, load(out + c) + v[c]);
        break;
      case Epilogue::kBias: {
        const float* __restrict bias = e.bias + column;
        float floor = e.relu ? 0 : -std::numeric_limits<float>::infinity();
        if (e.accumulate) {
          for (int c = 0; c < count; c++) store(out + c, larger(v[c] + bias[c] + load(out + c), floor));
        } else {
          for (int c = 0; c < count; c++) store(out + c, larger(v[c] + bias[c], floor));
        }
        break;
      }
    }
  }

  // A NaN in a stays: a diverged step must show.
  static float larger(float a, float b) { return b > a ? b : a; }

  static const ConvKernels& table() {
    static const ConvKernels kernels = table(nullptr);
    return kernels;
  }

  static ConvKernels table(decltype(ConvKernels::multiply_matrix) multiply_matrix) {
    constexpr bool kNarrow = Product::kValues == 1 && kPanel <= 16;
    return {
        sizeof(T) == 4, Product::kValues, kPanel, kNarrow, read, read_words, read_groups, Product::pack,
        {multiply_tile<Product, 1>, multiply_tile<Product, 2>, multiply_tile<Product, 3>, multiply_tile<Product, 4>,
         multiply_tile<Product, 5>, multiply_tile<Product, 6>},
        {multiply_transposed_tile<Product, 1>, multiply_transposed_tile<Product, 2>,
         multiply_transposed_tile<Product, 3>, multiply_transposed_tile<Product, 4>,
         multiply_transposed_tile<Product, 5>, multiply_transposed_tile<Product, 6>},
        multiply_matrix, finish, WinogradLoops<Product, winograd::F2>::table(),
        WinogradLoops<Product, winograd::F4>::table()};
  }
};

}  // namespace
}  // namespace a4j

#define A4J_DEFINE_CONV_KERNELS(name)                                                          \
  const a4j::ConvKernels& a4j::name(bool bf16) {                                               \
    return bf16 ? ConvLoops<a4j::bf16>::table() : ConvLoops<float>::table();                   \
  }
