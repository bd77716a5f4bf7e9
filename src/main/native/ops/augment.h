// Crop, bilinear resize, horizontal flip and ImageNet normalisation in one pass. See a4j_augment.
#pragma once

#include <cstdint>

namespace a4j {

// Where augmented images go: fp32 [rows][height][width][3] with the image `border` pixels from the top
// and the left. What lies outside the image is left as it is.
struct AugmentTarget {
  float* data;
  int height, width, border;
};

// Where the uint8 images [height][width][3] of a batch's rows are: one after another, or anywhere, row i's at
// places[indices[i]].
struct RowImages {
  RowImages(const uint8_t* first) : first(first) {}
  RowImages(const uint8_t* const* places, const int64_t* indices) : places(places), indices(indices) {}

  const uint8_t* of(int row, int64_t bytes) const { return places ? places[indices[row]] : first + row * bytes; }

  const uint8_t* first = nullptr;
  const uint8_t* const* places = nullptr;
  const int64_t* indices = nullptr;
};

// crops: [rows][5] top, left, height, width, flip.
void augment(int rows, int height, int width, const RowImages& images, const float* crops, const AugmentTarget& target);

// Throws std::invalid_argument, naming the row, if a crop is empty or leaves the image.
void check_crops(int rows, int height, int width, const float* crops);

}  // namespace a4j
