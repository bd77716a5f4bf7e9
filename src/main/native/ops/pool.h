// The average pool in front of the heads. Activations are [images x area][channels], features fp32
// [images][channels]; an image's features do not depend on the others, nor on the number of threads.
#pragma once

#include "ops/norm.h"

namespace a4j {

// features = the mean over each image's pixels.
void average_pool(const Activation& z, int images, float* features);

// dz = slope / area at each of an image's pixels; slope [images][channels].
void average_pool_backward(const float* slope, int images, const Activation& dz);

}  // namespace a4j
