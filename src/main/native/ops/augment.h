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

// images: uint8 [rows][height][width][3]; crops: [rows][5] top, left, height, width, flip.
void augment(int rows, int height, int width, const uint8_t* images, const float* crops, const AugmentTarget& target);

// Throws std::invalid_argument, naming the row, if a crop is empty or leaves the image.
void check_crops(int rows, int height, int width, const float* crops);

}  // namespace a4j
