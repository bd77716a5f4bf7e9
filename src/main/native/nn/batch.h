// Host buffers of one batch, filled by Java and read by kernels.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "include/affect4j.h"

namespace a4j {

struct Batch {
  Batch(int capacity, int height, int width);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  const uint8_t* images() const { return static_cast<const uint8_t*>(buffers[A4J_BATCH_IMAGES]); }
  const float* crops() const { return static_cast<const float*>(buffers[A4J_BATCH_CROPS]); }
  const float* va() const { return static_cast<const float*>(buffers[A4J_BATCH_VA]); }
  const int8_t* expression() const { return static_cast<const int8_t*>(buffers[A4J_BATCH_EXPRESSION]); }
  const int8_t* action_units() const { return static_cast<const int8_t*>(buffers[A4J_BATCH_ACTION_UNITS]); }
  float* logits() { return static_cast<float*>(buffers[A4J_BATCH_LOGITS]); }

  static constexpr int kBuffers = 6;
  const int capacity, height, width;
  void* buffers[kBuffers];
  int64_t bytes[kBuffers];
};

// Augmented and normalised images of the first rows: fp32 [rows, 3, height, width], channels_last.
at::Tensor normalised_images(const Batch& batch, int rows);

}  // namespace a4j
