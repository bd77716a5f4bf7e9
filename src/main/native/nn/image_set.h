// The decoded images of a data set, uint8 [height][width][3] each, for batches that name theirs by index: on a GPU in
// its memory, on the CPU wherever they lie.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "nn/model.h"

namespace a4j {

class ImageSet {
 public:
  // For up to `capacity` images on the model's device. Throws OutOfMemory if a GPU has no room for them beside
  // training steps of `batch` images.
  ImageSet(const Model& model, int64_t capacity, int height, int width, int batch);

  // The next `count` images, one after another: borrowed on the CPU, copied to a GPU. Throws std::invalid_argument if
  // they are more than the capacity leaves room for.
  void append(const uint8_t* pixels, int64_t count);

  int64_t size() const { return size_; }
  at::Device device() const { return device_; }

  // On the CPU: where each image is.
  const uint8_t* const* places() const { return places_.data(); }

  // On a GPU: the device's address of all images, one after another.
  const uint8_t* pixels() const { return pixels_.data_ptr<uint8_t>(); }

  const int height, width;

 private:
  const at::Device device_;
  const int64_t capacity_;
  int64_t size_ = 0;
  std::vector<const uint8_t*> places_;  // on the CPU
  at::Tensor pixels_;                   // on a GPU
};

}  // namespace a4j
