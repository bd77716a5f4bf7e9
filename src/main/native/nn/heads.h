// The linear heads as 1x1 convolutions of 1x1 images, in fp32: what training and inference share.
#pragma once

#include <cstdint>

#include "include/affect4j.h"
#include "nn/layout.h"
#include "ops/conv.h"

namespace a4j {

inline ConvShape head_shape(const Head& head, int rows) {
  return {rows, 1, 1, Layout::kFeatures, head.outputs, 1, 1};
}

// Adds the bias on the way out.
inline Epilogue head_bias(const float* bias) {
  Epilogue e;
  e.kind = Epilogue::kBias;
  e.bias = bias;
  return e;
}

// A head's own output [rows][outputs] into its columns of [rows][A4J_OUTPUTS].
inline void put_columns(const Head& head, int rows, const float* own, float* all) {
  for (int row = 0; row < rows; row++) {
    for (int i = 0; i < head.outputs; i++) all[row * A4J_OUTPUTS + head.first_column + i] = own[row * head.outputs + i];
  }
}

// A head's columns of [rows][A4J_OUTPUTS] as [rows][outputs].
inline void take_columns(const Head& head, int rows, const float* all, float* own) {
  for (int row = 0; row < rows; row++) {
    for (int i = 0; i < head.outputs; i++) own[row * head.outputs + i] = all[row * A4J_OUTPUTS + head.first_column + i];
  }
}

}  // namespace a4j
