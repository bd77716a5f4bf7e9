// Scratch memory of the sums over rows.
#pragma once

#include <cstdint>

namespace a4j {
namespace cuda {

// Blocks of a reduction: a constant, so that sums do not depend on the GPU.
constexpr int kReductionBlocks = 256;

// Device pointers. Counters are zero between kernels.
struct TileScratch {
  static constexpr int64_t kFloats = 3 * kReductionBlocks * 256;  // 3 sums, 256 channels a block
  static constexpr int kCounters = 64;

  float* partials;     // [kFloats]
  unsigned* counters;  // [kCounters]
};

}  // namespace cuda
}  // namespace a4j
