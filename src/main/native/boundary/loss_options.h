#pragma once

#include <algorithm>
#include <cmath>

#include "boundary/guarded.h"
#include "ops/loss.h"

namespace a4j {

// Checked options of the losses, from the boundary's arguments.
inline LossOptions loss_options(const float* class_weights, float focal_gamma, int32_t weighted_mean) {
  LossOptions options{{}, focal_gamma, weighted_mean != 0};
  std::copy_n(class_weights, A4J_EXPRESSIONS, options.class_weights);
  for (float w : options.class_weights) {
    require(w > 0 && std::isfinite(w), "class weights must be positive and finite");
  }
  require(focal_gamma >= 0 && std::isfinite(focal_gamma), "the focal loss's gamma must be at least 0");
  return options;
}

}  // namespace a4j
