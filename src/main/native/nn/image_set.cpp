#include "nn/image_set.h"

#include <ATen/ops/from_blob.h>

#include <stdexcept>
#include <string>

#include "nn/gpu_images.h"

namespace a4j {

ImageSet::ImageSet(const Model& model, int64_t capacity, int height, int width, int batch)
    : height(height), width(width), device_(model.device()), capacity_(capacity) {
  if (model.on_gpu()) {
    pixels_ = gpu_images(model, capacity, height, width, batch);
  } else {
    places_.reserve(capacity);
  }
}

void ImageSet::append(const uint8_t* pixels, int64_t count) {
  if (count > capacity_ - size_) {
    throw std::invalid_argument("the set has room for " + std::to_string(capacity_ - size_) + " more images, not for " +
                                std::to_string(count));
  }
  int64_t image = static_cast<int64_t>(height) * width * 3;
  if (device_.is_cpu()) {
    for (int64_t i = 0; i < count; i++) places_.push_back(pixels + i * image);
  } else {
    pixels_.narrow(0, size_, count).copy_(at::from_blob(const_cast<uint8_t*>(pixels), {count, image}, at::kByte));
  }
  size_ += count;
}

}  // namespace a4j
