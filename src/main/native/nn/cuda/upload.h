// A batch's way to the GPU: its parts packed into one pinned host buffer and one device buffer, so that
// the host may change the batch at once and the copies wait for nobody. Of a batch whose images are in a set, which is
// on the GPU already, only the indices travel.
#pragma once

#include <ATen/core/Tensor.h>
#include <cuda_runtime_api.h>

#include "nn/batch.h"
#include "nn/cuda/network.h"
#include "ops/loss.h"
#include "ops/math/adam.h"

namespace a4j {

class Upload {
 public:
  explicit Upload(at::Device device);
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // Makes room for `rows` rows of the batch; true if the device addresses changed.
  bool reserve(const Batch& batch, int rows);

  // Enqueues the copy of the first rows, and of Adam's values, on the stream.
  void send(cudaStream_t stream, const Batch& batch, int rows, const AdamStep& adam, bool wish_to_stop = false);

  // On the device.
  const AdamStep* adam() const { return at<AdamStep>(kAdam); }
  const double* wish_to_stop() const { return at<double>(kWish); }  // 1 or 0
  GpuImages images(const Batch& batch, int rows) const;
  Labels labels() const { return {at<float>(kVa), at<int8_t>(kExpression), at<int8_t>(kActionUnits)}; }

 private:
  enum Part { kAdam, kWish, kCrops, kVa, kExpression, kActionUnits, kIndices, kImages, kParts };

  template <typename T>
  const T* at(Part part) const {
    return reinterpret_cast<const T*>(static_cast<const char*>(on_device_.data_ptr()) + offsets_[part]);
  }

  at::Device device_;
  int64_t capacity_ = 0, image_bytes_ = 0;
  int64_t offsets_[kParts + 1] = {};
  at::Tensor on_host_, on_device_;
  cudaEvent_t copied_ = nullptr;  // the last copy has left the host buffer
};

}  // namespace a4j
