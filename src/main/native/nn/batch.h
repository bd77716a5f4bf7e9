// Host buffers of one batch, filled by Java and read by kernels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "include/affect4j.h"
#include "nn/image_set.h"
#include "ops/augment.h"

namespace a4j {

struct Batch {
  Batch(int capacity, int height, int width);

  // Of images in the set, which must outlive the batch: it has indices in place of images.
  Batch(int capacity, const ImageSet& set);

  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  const uint8_t* images() const { return static_cast<const uint8_t*>(buffers[A4J_BATCH_IMAGES]); }
  const int64_t* indices() const { return static_cast<const int64_t*>(buffers[A4J_BATCH_INDICES]); }
  const float* crops() const { return static_cast<const float*>(buffers[A4J_BATCH_CROPS]); }
  const float* va() const { return static_cast<const float*>(buffers[A4J_BATCH_VA]); }
  const int8_t* expression() const { return static_cast<const int8_t*>(buffers[A4J_BATCH_EXPRESSION]); }
  const int8_t* action_units() const { return static_cast<const int8_t*>(buffers[A4J_BATCH_ACTION_UNITS]); }
  float* logits() { return static_cast<float*>(buffers[A4J_BATCH_LOGITS]); }

  // Of the rows, where the CPU computes.
  RowImages row_images() const;

  static constexpr int kBuffers = 7;
  const int capacity, height, width;
  const ImageSet* const set;  // null: the batch has images of its own
  void* buffers[kBuffers];    // null where the batch has none
  int64_t bytes[kBuffers];

 private:
  Batch(int capacity, int height, int width, const ImageSet* set);
};

// Augmented and normalised images of the first rows: fp32 [rows, 3, height, width], channels_last.
at::Tensor normalised_images(const Batch& batch, int rows);

}  // namespace a4j
