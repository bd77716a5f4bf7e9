// AMX's tile registers: eight of 16 rows of 64 bytes, of which two multiply bf16 pairs into a third. The instructions
// by their own names, since the compiler's macros take no register that a template chooses.
#pragma once

#include <cstdint>

namespace a4j {
namespace {

constexpr int kTileRegisters = 8, kTileRows = 16;
constexpr int kTileWords = 16;  // of a row: fp32 sums, or pairs of bf16

// How many rows each register has, as LDTILECFG reads it.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

inline void shape_tiles(const TileShapes& shapes) { asm volatile("ldtilecfg %0" : : "m"(shapes)); }

// The system saves registers that are in use at every switch of threads.
inline void release_tiles() { asm volatile("tilerelease"); }

template <int kRegister>
inline void zero_tile() {
  asm volatile("tilezero %%tmm%c0" : : "i"(kRegister));
}

// Rows that lie `stride` bytes apart.
template <int kRegister>
inline void load_tile(const float* rows, int64_t stride) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(rows), "r"(stride), "i"(kRegister) : "memory");
}

template <int kRegister>
inline void store_tile(float* rows, int64_t stride) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(rows), "r"(stride), "i"(kRegister) : "memory");
}

// sums[i][j] += the dot product of row i of `a` with column j of `b`.
template <int kSums, int kA, int kB>
inline void add_dot_products() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSums), "i"(kA), "i"(kB));
}

}  // namespace
}  // namespace a4j
