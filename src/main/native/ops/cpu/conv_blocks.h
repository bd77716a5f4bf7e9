// What direct and Winograd convolutions share: both cut their rows into blocks that a core keeps in its
// L2 cache, and multiply tiles of 6 rows with panels of packed weights.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ops/conv.h"
#include "ops/cpu/conv_kernels.h"

namespace a4j {

constexpr int kLinePad = 16;    // floats between rows, so that rows do not share cache sets
constexpr int kOuterRows = 96;  // in words, of a tile of a weight gradient: 96 x 64 stay in the L1 cache
constexpr int kGroup = 24;      // outputs of a group of dy: whole tiles, whole vectors
constexpr int kGroupedRows = 256;  // of a tile of a weight gradient whose operands lie in groups

extern const float kZeros[kMaxChannels];  // what taps outside the image read

// Of the instruction set in force.
const ConvKernels& conv_kernels(bool bf16);

inline int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

// Floats from one row of channels to the next.
inline int64_t line(int channels, int panel) { return round_up(channels, panel) + kLinePad; }

inline float* grown(Floats& buffer, int64_t size) {
  if (static_cast<int64_t>(buffer.size()) < size) buffer.resize(size);
  return buffer.data();
}

struct Range {
  int64_t first, end;

  int64_t size() const { return end - first; }
};

// The part-th of `parts` equal pieces of [0, count).
inline Range piece(int64_t count, int64_t part, int64_t parts) {
  return {count * part / parts, count * (part + 1) / parts};
}

// How a product's columns are shared out among threads where there are fewer blocks of rows than threads.
inline int task_columns(int columns, int64_t blocks, int panel) {
  int64_t threads = omp_get_max_threads();
  if (blocks >= threads) return columns;
  return static_cast<int>(round_up((columns * blocks + threads - 1) / threads, panel));
}

// to[j][i] = from[i][j]; rows and columns are multiples of 4.
void transpose(const float* from, int64_t ld_from, int rows, int columns, float* to, int64_t ld_to);

// Words of a tile's sums: their weights, 32 KiB of 64 columns and 16 of 16, stay in the L1 cache.
inline int tile_depth(int panel) { return panel > 32 ? 128 : 256; }

// A panel's part of a product: c [count][...] (+)= rows[...][offset, offset + depth) times the panel. Each tile brings
// a piece of what is ahead closer, and the next tile's rows.
void multiply_panel(const ConvKernels& kernels, int count, int depth, const float* const* rows, int64_t offset,
                    const float* panel, float* c, int64_t ldc, bool accumulate, const Ahead& ahead);

// `floats` from there on.
inline Ahead weights_ahead(const float* next, int64_t floats) {
  const char* begin = reinterpret_cast<const char*>(next);
  return {begin, begin + floats * static_cast<int64_t>(sizeof(float)), nullptr};
}

// words [in words(count)][ld] of `count` rows of `width` values.
void pack_rows(const ConvKernels& kernels, const float* rows, int64_t ld_rows, int count, int width, float* words,
               int64_t ld);

// Rows of dy as words [row][ld], perhaps in groups.
struct OuterRows {
  const float* data;
  int64_t ld;
  Groups groups;

  bool grouped() const { return groups.step > 0; }
  const float* at(int row, int64_t output) const { return data + row * ld + groups.at(output); }
};

// g [output][...] (+)= the outer products of `count` rows of dy, for some outputs, and a panel of the rows at `column`.
void outer_products(const ConvKernels& kernels, int count, const OuterRows& dy, const Range& outputs,
                    const float* const* rows, int64_t column, float* g, int64_t ldg, bool accumulate);

// Where a block of rows goes: the output and three sums a column.
struct Output {
  void* data;
  const Epilogue& epilogue;
  int columns;
  float* sums;

  // kMoments takes its pivot from the block's first row.
  void set_pivot(const float* row, int column, int width) const {
    if (epilogue.kind == Epilogue::kMoments) std::copy_n(row, width, sums + 2 * columns + column);
  }

  // Stores columns [column, column + width) of output row `row`.
  void finish(const ConvKernels& kernels, const float* v, int64_t row, int column, int width) const {
    kernels.finish(epilogue, v, row * columns + column, column, width, data, sums, sums + columns, sums + 2 * columns);
  }
};

// The sums of all blocks, added up in the order of the blocks.
class BlockSums {
 public:
  // Zeros; `workspace` holds them.
  BlockSums(int64_t blocks, int columns, ConvWorkspace& workspace);

  float* of(int64_t block) const { return partial_ + block * kSums * columns_; }

  void add_up(Sums& sums) const;

  // Each block's moments are about its own pivot; here they move to the first block's.
  template <typename RowsOf>
  void add_up_moments(RowsOf rows_of, Sums& sums) const {
    start_moments(sums);
    for (int64_t b = 0; b < blocks_; b++) add_moments(b, static_cast<double>(rows_of(b)), sums);
  }

 private:
  void start_moments(Sums& sums) const;
  void add_moments(int64_t block, double rows, Sums& sums) const;

  static constexpr int kSums = 3;
  int64_t blocks_;
  int columns_;
  float* partial_;
};

// How a weight gradient is shared out: some parts of the blocks of rows have a gradient of their own, all
// added up in the end; the output channels of a part are cut into slices.
struct GradientTasks {
  // Parts by shape alone, as they decide how a sum is rounded; slices by the number of threads.
  GradientTasks(int64_t weights, int64_t blocks, int out);

  Range blocks(int part) const { return piece(blocks_, part, parts); }

  // In whole tiles.
  Range outputs(int slice) const {
    Range tiles = piece((out_ + kTile - 1) / kTile, slice, slices);
    return {tiles.first * kTile, std::min<int64_t>(tiles.end * kTile, out_)};
  }

  int parts, slices;

 private:
  int64_t blocks_;
  int out_;
};

}  // namespace a4j
