#include "nn/cuda/upload.h"

#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAGuard.h>

#include <algorithm>
#include <cstring>

#include "device/cuda/launch.h"

namespace a4j {

namespace {

constexpr int64_t kAlignment = 256;

// For each image.
int64_t bytes_to_send(const Batch& batch) {
  return batch.set == nullptr ? static_cast<int64_t>(batch.height) * batch.width * 3 : 0;
}

}  // namespace

Upload::Upload(at::Device device) : device_(device) {
  c10::cuda::CUDAGuard guard(device_);
  cuda_check(cudaEventCreateWithFlags(&copied_, cudaEventDisableTiming), "creating an event");
}

Upload::~Upload() { cudaEventDestroy(copied_); }

bool Upload::reserve(const Batch& batch, int rows) {
  int64_t image = bytes_to_send(batch);
  if (rows <= capacity_ && image <= image_bytes_) return false;
  const int64_t capacity = std::max<int64_t>(rows, capacity_), bytes = std::max(image, image_bytes_);
  capacity_ = image_bytes_ = 0;  // until all is there
  const int64_t sizes[kParts] = {
      sizeof(AdamStep), sizeof(double), capacity * 20, capacity * 8, capacity, capacity * A4J_ACTION_UNITS,
      capacity * 8,     capacity * bytes};
  for (int i = 0; i < kParts; i++) {
    offsets_[i + 1] = offsets_[i] + (sizes[i] + kAlignment - 1) / kAlignment * kAlignment;
  }
  cuda_check(cudaEventSynchronize(copied_), "waiting for a copy");
  on_host_ = at::empty({offsets_[kParts]}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
  on_device_ = at::empty({offsets_[kParts]}, at::TensorOptions().dtype(at::kByte).device(device_));
  capacity_ = capacity;
  image_bytes_ = bytes;
  return true;
}

void Upload::send(cudaStream_t stream, const Batch& batch, int rows, const AdamStep& adam, bool wish_to_stop) {
  cuda_check(cudaEventSynchronize(copied_), "waiting for a copy");
  char* host = static_cast<char*>(on_host_.data_ptr());
  int64_t images = rows * bytes_to_send(batch);
  const double wish = wish_to_stop ? 1 : 0;
  std::memcpy(host + offsets_[kAdam], &adam, sizeof adam);
  std::memcpy(host + offsets_[kWish], &wish, sizeof wish);
  std::memcpy(host + offsets_[kCrops], batch.crops(), rows * 20);
  std::memcpy(host + offsets_[kVa], batch.va(), rows * 8);
  std::memcpy(host + offsets_[kExpression], batch.expression(), rows);
  std::memcpy(host + offsets_[kActionUnits], batch.action_units(), rows * A4J_ACTION_UNITS);
  if (batch.set == nullptr) {
    std::memcpy(host + offsets_[kImages], batch.images(), images);
  } else {
    std::memcpy(host + offsets_[kIndices], batch.indices(), rows * 8);
  }
  cuda_check(cudaMemcpyAsync(on_device_.data_ptr(), host, offsets_[kImages] + images, cudaMemcpyHostToDevice, stream),
             "copying a batch");
  cuda_check(cudaEventRecord(copied_, stream), "recording an event");
}

GpuImages Upload::images(const Batch& batch, int rows) const {
  bool own = batch.set == nullptr;
  return {own ? at<uint8_t>(kImages) : batch.set->pixels(), own ? nullptr : at<int64_t>(kIndices), at<float>(kCrops),
          rows, batch.height, batch.width};
}

}  // namespace a4j
