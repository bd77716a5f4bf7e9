#pragma once

#include <cmath>

#include "boundary/guarded.h"
#include "ops/adam.h"

namespace a4j {

// Checked options of Adam, from the boundary's arguments.
inline AdamOptions adam_options(float beta1, float beta2, float epsilon, float weight_decay) {
  require(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "Adam's betas must be in [0, 1)");
  require(epsilon > 0 && std::isfinite(epsilon), "Adam's epsilon must be above 0");
  require(weight_decay >= 0 && std::isfinite(weight_decay), "weight decay must be at least 0");
  return {beta1, beta2, epsilon, weight_decay};
}

inline void require_learning_rate(float learning_rate) {
  require(learning_rate >= 0 && std::isfinite(learning_rate), "the learning rate must be at least 0");
}

}  // namespace a4j
