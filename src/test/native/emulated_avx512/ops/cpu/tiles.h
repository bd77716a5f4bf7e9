// AMX's tile registers in plain memory: found instead of the header of this name. Sums are added in the order of
// Intel's description of TDPBF16PS: a pair's first and second products apart, from 0, then together, then to what was
// there.
#pragma once

#include <cstdint>
#include <cstring>

#include "ops/cpu/simd.h"

namespace a4j {
namespace {

constexpr int kTileRegisters = 8, kTileRows = 16, kTileWords = 16;

struct TileShapes {
  uint8_t palette = 1;
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

struct TileFile {
  TileShapes shapes{};
  alignas(64) float of[kTileRegisters][kTileRows][kTileWords];
};

inline TileFile& tile_file() {
  thread_local TileFile file;
  return file;
}

inline void shape_tiles(const TileShapes& shapes) {
  TileFile& file = tile_file();
  file.shapes = shapes;
  memset(file.of, 0, sizeof file.of);
}

inline void release_tiles() { tile_file().shapes = {}; }

template <int kRegister>
void zero_tile() {
  memset(tile_file().of[kRegister], 0, sizeof tile_file().of[kRegister]);
}

template <int kRegister>
void load_tile(const float* rows, int64_t stride) {
  TileFile& file = tile_file();
  zero_tile<kRegister>();
  for (int i = 0; i < file.shapes.rows[kRegister]; i++) {
    memcpy(file.of[kRegister][i], reinterpret_cast<const char*>(rows) + i * stride, file.shapes.row_bytes[kRegister]);
  }
}

template <int kRegister>
void store_tile(float* rows, int64_t stride) {
  TileFile& file = tile_file();
  for (int i = 0; i < file.shapes.rows[kRegister]; i++) {
    memcpy(reinterpret_cast<char*>(rows) + i * stride, file.of[kRegister][i], file.shapes.row_bytes[kRegister]);
  }
}

// A word's lower half is the first of two bf16 values, its upper half the second.
inline void split(const float* words, float* first, float* second) {
  for (int i = 0; i < kTileWords; i++) {
    uint32_t bits;
    memcpy(&bits, words + i, sizeof bits);
    uint32_t low = bits << 16, high = bits & 0xFFFF0000u;
    memcpy(first + i, &low, sizeof low);
    memcpy(second + i, &high, sizeof high);
  }
}

template <int kSums, int kA, int kB>
void add_dot_products() {
  TileFile& file = tile_file();
  alignas(64) float b[2][kTileRows][kTileWords];
  for (int k = 0; k < kTileRows; k++) split(file.of[kB][k], b[0][k], b[1][k]);
  for (int i = 0; i < file.shapes.rows[kSums]; i++) {
    float a[2][kTileWords];
    split(file.of[kA][i], a[0], a[1]);
    Vec sum[2] = {broadcast(0), broadcast(0)};
    for (int k = 0; k < kTileWords; k++) {
      for (int v = 0; v < 2; v++) sum[v] = a4j::fma(broadcast(a[v][k]), load_vector(b[v][k]), sum[v]);
    }
    float* sums = file.of[kSums][i];
    store_vector(sums, load_vector(sums) + (sum[0] + sum[1]));
  }
}

}  // namespace
}  // namespace a4j
