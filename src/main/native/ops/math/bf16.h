// bfloat16 as a storage type: the upper half of an fp32, rounded to nearest even.
#pragma once

#include <cstdint>
#include <cstring>

#include "ops/math/portable.h"

namespace a4j {

struct bf16 {
  uint16_t bits;
};

A4J_MATH float load(const float* p) { return *p; }

A4J_MATH float load(const bf16* p) {
  uint32_t bits = static_cast<uint32_t>(p->bits) << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

A4J_MATH void store(float* p, float value) { *p = value; }

// A NaN stays one: CUDA's, all ones, would be rounded up to -0.
A4J_MATH void store(bf16* p, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint32_t rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  p->bits = static_cast<uint16_t>(((bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FC00000 : rounded) >> 16);
}

}  // namespace a4j
