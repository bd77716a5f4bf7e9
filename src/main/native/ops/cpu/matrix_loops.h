// Products by a matrix unit's tiles (ops/cpu/tiles.h): 32 rows by 32 columns at a time, in four registers of sums, so
// that each tile that is loaded is multiplied twice.
#pragma once

#include <algorithm>
#include <cstring>

#include "ops/cpu/conv_kernels.h"
#include "ops/cpu/tiles.h"

namespace a4j {
namespace {

constexpr int kMatrixRows = 2 * kTileRows, kMatrixColumns = 2 * kTileWords;
constexpr int kMaxDepth = 256;               // words of a product
constexpr int kCopyLine = kMaxDepth + kTileWords;  // of copied rows, which so share no cache set
constexpr int64_t kPanelStride = kMaxPanel * sizeof(float);

// Sums 0 to 3 of the upper and lower rows, left and right columns; 4 and 5 rows, 6 and 7 weights.
void shape_for(int rows) {
  int upper = std::min(rows, kTileRows), lower = rows > kTileRows ? rows - kTileRows : upper;
  TileShapes shapes;
  for (int i = 0; i < kTileRegisters; i++) {
    shapes.row_bytes[i] = kTileWords * sizeof(float);
    bool of_weights = i >= 6, of_upper = i < 2 || i == 4;
    shapes.rows[i] = static_cast<uint8_t>(of_weights ? kTileRows : of_upper ? upper : lower);
  }
  shape_tiles(shapes);
}

int whole_tiles(int words) { return (words + kTileWords - 1) / kTileWords * kTileWords; }

// Rows equally far apart, as tiles are loaded.
struct TileRows {
  const float* first;
  int64_t stride;  // bytes

  const float* lower() const { return first + kTileRows * stride / static_cast<int64_t>(sizeof(float)); }
};

// Where they lie, if they are equally far apart and whole tiles deep, else a copy with zeros behind.
TileRows tile_rows(const float* const* rows, int count, int64_t offset, int depth, float* copy) {
  constexpr int64_t kFloat = sizeof(float);
  int64_t step = count > 1 ? rows[1] - rows[0] : 0;
  bool even = depth % kTileWords == 0;
  for (int r = 2; r < count && even; r++) even = rows[r] - rows[r - 1] == step;
  if (even) return {rows[0] + offset, step * kFloat};
  for (int r = 0; r < count; r++) {
    float* to = copy + r * kCopyLine;
    memcpy(to, rows[r] + offset, depth * kFloat);
    memset(to + depth, 0, (whole_tiles(depth) - depth) * kFloat);
  }
  return {copy, kCopyLine * kFloat};
}

// A panel of whole tiles, zeros below its last words.
const float* whole_panel(const float* panel, int depth, float* copy) {
  memcpy(copy, panel, depth * kPanelStride);
  memset(copy + depth * kMaxPanel, 0, (whole_tiles(depth) - depth) * kPanelStride);
  return copy;
}

// Bytes that are brought closer, some lines at each step of a product.
struct Fetch {
  const char *next, *end;
  int lines;

  void step() {
    constexpr int kLine = 64;
    for (int i = 0; i < lines && next < end; i++, next += kLine) __builtin_prefetch(next, 0, 2);
  }
};

// c [rows][32] (+)= rows times 32 columns of a panel; kLower if there are more than 16 rows.
template <bool kLower>
void multiply_tiles(int depth, const TileRows& a, const float* panel, float* c, int64_t ldc, bool accumulate,
                    Fetch& fetch) {
  int64_t stride = ldc * static_cast<int64_t>(sizeof(float));
  const float* lower = a.lower();
  float* lower_c = c + kTileRows * ldc;
  if (accumulate) {
    load_tile<0>(c, stride);
    load_tile<1>(c + kTileWords, stride);
    if (kLower) load_tile<2>(lower_c, stride);
    if (kLower) load_tile<3>(lower_c + kTileWords, stride);
  } else {
    zero_tile<0>();
    zero_tile<1>();
    zero_tile<2>();
    zero_tile<3>();
  }
  for (int k = 0; k < depth; k += kTileWords, panel += kTileWords * kMaxPanel) {
    fetch.step();
    load_tile<6>(panel, kPanelStride);
    load_tile<4>(a.first + k, a.stride);
    load_tile<7>(panel + kTileWords, kPanelStride);
    add_dot_products<0, 4, 6>();
    if (kLower) load_tile<5>(lower + k, a.stride);
    add_dot_products<1, 4, 7>();
    if (kLower) add_dot_products<2, 5, 6>();
    if (kLower) add_dot_products<3, 5, 7>();
  }
  store_tile<0>(c, stride);
  store_tile<1>(c + kTileWords, stride);
  if (kLower) store_tile<2>(lower_c, stride);
  if (kLower) store_tile<3>(lower_c + kTileWords, stride);
}

void multiply_matrix(int count, int depth, const float* const* rows, int64_t offset, const float* panel, float* c,
                     int64_t ldc, bool accumulate, const Ahead& ahead) {
  alignas(64) float row_copy[kMatrixRows * kCopyLine];
  alignas(64) float panel_copy[kMaxDepth * kMaxPanel];
  if (depth % kTileWords != 0) panel = whole_panel(panel, depth, panel_copy);
  int64_t blocks = (count + kMatrixRows - 1) / kMatrixRows * (kMaxPanel / kMatrixColumns);
  int64_t steps = blocks * (whole_tiles(depth) / kTileWords);
  Fetch fetch{ahead.begin, ahead.end, static_cast<int>((ahead.end - ahead.begin) / 64 / steps) + 1};
  int shaped = 0;
  for (int r = 0; r < count; r += kMatrixRows, c += kMatrixRows * ldc) {
    int size = std::min(kMatrixRows, count - r);
    if (size != shaped) shape_for(size);
    shaped = size;
    TileRows a = tile_rows(rows + r, size, offset, depth, row_copy);
    auto multiply = size > kTileRows ? multiply_tiles<true> : multiply_tiles<false>;
    for (int n = 0; n < kMaxPanel; n += kMatrixColumns) {
      multiply(depth, a, panel + n, c + n, ldc, accumulate, fetch);
    }
  }
  release_tiles();
}

}  // namespace
}  // namespace a4j
