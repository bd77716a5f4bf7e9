// The stem's 7x7 stride 2 convolution as a 1x1 convolution over patches (Source::kPatches) of images
// with a border of zeros: what training and inference share.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include "ops/augment.h"
#include "ops/conv.h"

namespace a4j {

constexpr int kStemBorder = 3;

// For images whose stem output is height x width.
inline ConvShape stem_shape(int images, int height, int width) {
  return {images, height, width, kPatchValues, 64, 1, 1};
}

// Zeroed fp32 images with room for the border; image sizes are rounded up to even.
inline at::Tensor stem_images(int rows, int height, int width) {
  auto padded = [](int size) { return (size + 1) / 2 * 2 + 2 * kStemBorder; };
  return at::zeros({rows, padded(height), padded(width), 3}, at::kFloat);
}

inline AugmentTarget stem_target(const at::Tensor& images) {
  return {images.data_ptr<float>(), static_cast<int>(images.size(1)), static_cast<int>(images.size(2)), kStemBorder};
}

inline Source stem_patches(const at::Tensor& images, int height, int width) {
  Source s;
  s.kind = Source::kPatches;
  s.data = images.data_ptr();
  s.patch_rows = height;
  s.patch_columns = width;
  return s;
}

}  // namespace a4j
