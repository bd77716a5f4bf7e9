// Sampling and normalisation of one pixel, shared by all backends.
#pragma once

#include "ops/math/portable.h"

namespace a4j {

// Two source positions of an output position and the weight of the second.
struct Tap {
  int low, high;
  float weight;
};

// torch's bilinear sampling with align_corners=False of `length` pixels from `start`, to `size`.
A4J_MATH Tap tap(int position, int size, float start, float length) {
  float source = (position + 0.5f) * (length / size) - 0.5f;
  if (source < 0) source = 0;
  int last = static_cast<int>(length) - 1;
  int low = static_cast<int>(source) < last ? static_cast<int>(source) : last;
  int high = low < last ? low + 1 : last;
  return {static_cast<int>(start) + low, static_cast<int>(start) + high, source - low};
}

// One colour of a pixel from its four neighbours, between them and normalised by ImageNet's mean and
// standard deviation (torchvision's, in grey levels).
A4J_MATH float sampled(float top_left, float top_right, float bottom_left, float bottom_right, float across, float down,
                       float mean, float scale) {
  float above = top_left + across * (top_right - top_left);
  float below = bottom_left + across * (bottom_right - bottom_left);
  return (above + down * (below - above) - mean) * scale;
}

// The mean, and one over the deviation, of colour c (red, green, blue).
A4J_MATH float image_mean(int c) { return (c == 0 ? 0.485f : c == 1 ? 0.456f : 0.406f) * 255; }
A4J_MATH float image_scale(int c) { return 1 / ((c == 0 ? 0.229f : c == 1 ? 0.224f : 0.225f) * 255); }

}  // namespace a4j
