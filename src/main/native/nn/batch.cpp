#include "nn/batch.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "ops/augment.h"

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

Batch::Batch(int capacity, int height, int width)
    : capacity(capacity), height(height), width(width), buffers{}, bytes{} {
  int64_t n = capacity;
  bytes[A4J_BATCH_IMAGES] = n * height * width * 3;
  bytes[A4J_BATCH_CROPS] = n * 5 * sizeof(float);
  bytes[A4J_BATCH_VA] = n * 2 * sizeof(float);
  bytes[A4J_BATCH_EXPRESSION] = n;
  bytes[A4J_BATCH_ACTION_UNITS] = n * A4J_ACTION_UNITS;
  bytes[A4J_BATCH_LOGITS] = n * A4J_OUTPUTS * sizeof(float);
  try {
    for (int i = 0; i < kBuffers; i++) buffers[i] = page_aligned(bytes[i]);
  } catch (...) {
    for (void* buffer : buffers) std::free(buffer);
    throw;
  }
}

Batch::~Batch() {
  for (void* buffer : buffers) std::free(buffer);
}

at::Tensor normalised_images(const Batch& batch, int rows) {
  at::Tensor nhwc = at::empty({rows, batch.height, batch.width, 3}, at::kFloat);
  AugmentTarget target{nhwc.data_ptr<float>(), batch.height, batch.width, 0};
  augment(rows, batch.height, batch.width, batch.images(), batch.crops(), target);
  return nhwc.permute({0, 3, 1, 2});
}

}  // namespace a4j
