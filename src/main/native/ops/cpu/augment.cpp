#include "ops/augment.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "ops/math/augment.h"

namespace a4j {

namespace {

void augment_row(const uint8_t* top, const uint8_t* bottom, float weight, const Tap* taps, int width, float* out) {
  for (int x = 0; x < width; x++) {
    int low = taps[x].low * 3, high = taps[x].high * 3;
    float w = taps[x].weight;
    for (int c = 0; c < 3; c++) {
      out[x * 3 + c] = sampled(top[low + c], top[high + c], bottom[low + c], bottom[high + c], w, weight, image_mean(c),
                               image_scale(c));
    }
  }
}

void augment_image(int height, int width, const uint8_t* image, const float* crop, Tap* taps, float* out,
                   int64_t out_stride) {
  bool flip = crop[4] != 0;
  for (int x = 0; x < width; x++) taps[x] = tap(flip ? width - 1 - x : x, width, crop[1], crop[3]);
  int64_t stride = static_cast<int64_t>(width) * 3;
  for (int y = 0; y < height; y++) {
    Tap row = tap(y, height, crop[0], crop[2]);
    augment_row(image + row.low * stride, image + row.high * stride, row.weight, taps, width, out + y * out_stride);
  }
}

}  // namespace

void augment(int rows, int height, int width, const RowImages& images, const float* crops,
             const AugmentTarget& target) {
  constexpr int kMaxWidth = 1024;
  int64_t size = static_cast<int64_t>(height) * width * 3;
  int64_t line = static_cast<int64_t>(target.width) * 3;
#pragma omp parallel for schedule(static)
  for (int i = 0; i < rows; i++) {
    Tap taps[kMaxWidth];
    float* out = target.data + (static_cast<int64_t>(i) * target.height + target.border) * line + target.border * 3;
    augment_image(height, width, images.of(i, size), crops + i * 5, taps, out, line);
  }
}

void check_crops(int rows, int height, int width, const float* crops) {
  for (int i = 0; i < rows; i++) {
    const float* c = crops + 5 * i;
    bool whole =
        c[0] == std::floor(c[0]) && c[1] == std::floor(c[1]) && c[2] == std::floor(c[2]) && c[3] == std::floor(c[3]);
    bool inside = c[0] >= 0 && c[1] >= 0 && c[2] >= 1 && c[3] >= 1 && c[0] + c[2] <= height && c[1] + c[3] <= width;
    if (!whole || !inside || !(c[4] == 0 || c[4] == 1)) {
      throw std::invalid_argument("the crop of row " + std::to_string(i) +
                                  " is not a rectangle of whole pixels inside " + std::to_string(height) + "x" +
                                  std::to_string(width) + " with flip 0 or 1");
    }
  }
}

}  // namespace a4j
