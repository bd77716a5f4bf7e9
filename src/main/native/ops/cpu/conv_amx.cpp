#include "ops/cpu/conv_loops.h"

namespace a4j {
namespace {

constexpr int kTileRows = 16, kTileWords = 16;  // of a tile register: 16 rows of 64 bytes
constexpr int kPairRows = 2 * kTileRows;        // of two tiles of rows, which share two tiles of weights
constexpr int kHalf = 2 * kTileWords;           // columns of two tiles of weights
constexpr int kMaxDepth = 256;                  // words of a product, rounded up to whole tiles

// Shapes of the eight tile registers, as LDTILECFG reads them.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

// Registers: sums 0 to 3 [upper, lower rows][left, right columns], rows 4 and 5, weights 6 and 7.
void shape_tiles(int upper, int lower) {
  TileShapes shapes;
  for (int i = 0; i < 8; i++) shapes.row_bytes[i] = kTileWords * sizeof(float), shapes.rows[i] = kTileRows;
  for (int i : {0, 1, 4}) shapes.rows[i] = static_cast<uint8_t>(upper);
  for (int i : {2, 3, 5}) shapes.rows[i] = static_cast<uint8_t>(lower > 0 ? lower : upper);
  _tile_loadconfig(&shapes);
}

// Rows as tile loads want them: equally far apart.
struct TileRows {
  const float* first;
  int64_t stride;  // bytes
};

// c [rows][32] (+)= rows times panel, `lower` saying whether there are more than 16 rows.
template <bool kLower>
void multiply_half(int depth, const TileRows& a, const float* panel, float* c, int64_t ldc, bool accumulate,
                   const char*& next, const char* end, int lines) {
  constexpr int64_t kPanelStride = kMaxPanel * sizeof(float);
  int64_t stride = ldc * static_cast<int64_t>(sizeof(float));
  const float* lower = a.first + kTileRows * a.stride / static_cast<int64_t>(sizeof(float));
  if (accumulate) {
    _tile_loadd(0, c, stride);
    _tile_loadd(1, c + kTileWords, stride);
    if (kLower) _tile_loadd(2, c + kTileRows * ldc, stride);
    if (kLower) _tile_loadd(3, c + kTileRows * ldc + kTileWords, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    if (kLower) _tile_zero(2);
    if (kLower) _tile_zero(3);
  }
  for (int k = 0; k < depth; k += kTileWords, panel += kTileWords * kMaxPanel) {
    for (int i = 0; i < lines && next < end; i++, next += 64) __builtin_prefetch(next, 0, 2);
    _tile_loadd(6, panel, kPanelStride);
    _tile_loadd(4, a.first + k, a.stride);
    _tile_loadd(7, panel + kTileWords, kPanelStride);
    _tile_dpbf16ps(0, 4, 6);
    if (kLower) _tile_loadd(5, lower + k, a.stride);
    _tile_dpbf16ps(1, 4, 7);
    if (kLower) _tile_dpbf16ps(2, 5, 6);
    if (kLower) _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, stride);
  _tile_stored(1, c + kTileWords, stride);
  if (kLower) _tile_stored(2, c + kTileRows * ldc, stride);
  if (kLower) _tile_stored(3, c + kTileRows * ldc + kTileWords, stride);
}

// Rows [first, first + count) where they lie, if they are equally far apart and whole tiles deep, else a copy.
TileRows tile_rows(const float* const* rows, int count, int64_t offset, int depth, float* copy) {
  int64_t step = count > 1 ? rows[1] - rows[0] : 0;
  bool even = depth % kTileWords == 0;
  for (int r = 2; r < count && even; r++) even = rows[r] - rows[r - 1] == step;
  if (even) return {rows[0] + offset, step * static_cast<int64_t>(sizeof(float))};
  int whole = (depth + kTileWords - 1) / kTileWords * kTileWords;
  for (int r = 0; r < count; r++) {
    const float* from = rows[r] + offset;
    float* to = copy + r * (kMaxDepth + kTileWords);
    int i = 0;
    for (; i + kLanes <= depth; i += kLanes) store_vector(to + i, load_vector(from + i));
    if (i < depth) {
      __mmask16 rest = static_cast<__mmask16>((1u << (depth - i)) - 1);
      store_vector(to + i, _mm512_maskz_loadu_ps(rest, from + i));
      i += kLanes;
    }
    for (; i < whole; i++) to[i] = 0;
  }
  return {copy, (kMaxDepth + kTileWords) * static_cast<int64_t>(sizeof(float))};
}

// Whole tiles of a panel's last words, zeros below them.
const float* whole_panel(const float* panel, int depth, float* copy) {
  int whole = (depth + kTileWords - 1) / kTileWords * kTileWords;
  memcpy(copy, panel, depth * kMaxPanel * sizeof(float));
  memset(copy + depth * kMaxPanel, 0, (whole - depth) * kMaxPanel * sizeof(float));
  return copy;
}

void multiply_matrix(int count, int depth, const float* const* rows, int64_t offset, const float* panel, float* c,
                     int64_t ldc, bool accumulate, const Ahead& ahead) {
  alignas(64) float copy[kPairRows * (kMaxDepth + kTileWords)];
  alignas(64) float panel_copy[kMaxDepth * kMaxPanel];
  if (depth % kTileWords != 0) panel = whole_panel(panel, depth, panel_copy);
  const char *next = ahead.begin, *end = ahead.end;
  int steps = (count + kPairRows - 1) / kPairRows * 2 * ((depth + kTileWords - 1) / kTileWords);
  int lines = static_cast<int>((end - next) / 64 / steps) + 1;
  int shaped = 0;
  for (int r = 0; r < count; r += kPairRows, c += kPairRows * ldc) {
    int size = count - r < kPairRows ? count - r : kPairRows;
    if (size != shaped) shape_tiles(size < kTileRows ? size : kTileRows, size - kTileRows);
    shaped = size;
    TileRows a = tile_rows(rows + r, size, offset, depth, copy);
    for (int half = 0; half < kMaxPanel; half += kHalf) {
      auto multiply = size > kTileRows ? multiply_half<true> : multiply_half<false>;
      multiply(depth, a, panel + half, c + half, ldc, accumulate, next, end, lines);
    }
  }
  _tile_release();
}

}  // namespace

const ConvKernels& conv_kernels_amx() {
  static const ConvKernels kernels = [] {
    ConvKernels k = ConvLoops<bf16, DotProduct>::table();
    k.multiply_matrix = multiply_matrix;
    return k;
  }();
  return kernels;
}

}  // namespace a4j
