#include "nn/batch.h"

#include <ATen/ops/empty.h>

#include <cstdlib>
#include <cstring>
#include <new>


namespace a4j {

namespace {

constexpr size_t kPage = 4096;

void* page_aligned(int64_t bytes) {
  size_t rounded = (static_cast<size_t>(bytes) + kPage - 1) / kPage * kPage;
  void* data = std::aligned_alloc(kPage, rounded);
  if (data == nullptr) throw std::bad_alloc();
  std::memset(data, 0, rounded);
  return data;
}

}  // namespace

Batch::Batch(int capacity, int height, int width) : Batch(capacity, height, width, nullptr) {}

Batch::Batch(int capacity, const ImageSet& set) : Batch(capacity, set.height, set.width, &set) {}

Batch::Batch(int capacity, int height, int width, const ImageSet* set)
    : capacity(capacity), height(height), width(width), set(set), buffers{}, bytes{} {
  int64_t n = capacity;
  bytes[A4J_BATCH_IMAGES] = set == nullptr ? n * height * width * 3 : 0;
  bytes[A4J_BATCH_INDICES] = set == nullptr ? 0 : n * sizeof(int64_t);
  bytes[A4J_BATCH_CROPS] = n * 5 * sizeof(float);
  bytes[A4J_BATCH_VA] = n * 2 * sizeof(float);
  bytes[A4J_BATCH_EXPRESSION] = n;
  bytes[A4J_BATCH_ACTION_UNITS] = n * A4J_ACTION_UNITS;
  bytes[A4J_BATCH_LOGITS] = n * A4J_OUTPUTS * sizeof(float);
  try {
    for (int i = 0; i < kBuffers; i++) buffers[i] = bytes[i] == 0 ? nullptr : page_aligned(bytes[i]);
  } catch (...) {
    for (void* buffer : buffers) std::free(buffer);
    throw;
  }
}

Batch::~Batch() {
  for (void* buffer : buffers) std::free(buffer);
}

RowImages Batch::row_images() const {
  return set == nullptr ? RowImages(images()) : RowImages(set->places(), indices());
}

at::Tensor normalised_images(const Batch& batch, int rows) {
  at::Tensor nhwc = at::empty({rows, batch.height, batch.width, 3}, at::kFloat);
  AugmentTarget target{nhwc.data_ptr<float>(), batch.height, batch.width, 0};
  augment(rows, batch.height, batch.width, batch.row_images(), batch.crops(), target);
  return nhwc.permute({0, 3, 1, 2});
}

}  // namespace a4j
