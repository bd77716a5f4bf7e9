// Adam's per-element formula, shared by all backends.
#pragma once

#include <cmath>

#include "ops/math/portable.h"

namespace a4j {

// Values that are the same for all elements of one update.
struct AdamStep {
  float beta1, beta2, epsilon, weight_decay;
  float step_size;          // learning rate / (1 - beta1^t)
  float inverse_root_bias;  // 1 / sqrt(1 - beta2^t)
};

A4J_MATH AdamStep adam_step(float beta1, float beta2, float epsilon, float weight_decay, float learning_rate,
                                 long long t) {
  double bias1 = 1 - pow(static_cast<double>(beta1), static_cast<double>(t));
  double bias2 = 1 - pow(static_cast<double>(beta2), static_cast<double>(t));
  return {beta1, beta2, epsilon, weight_decay, static_cast<float>(learning_rate / bias1),
          static_cast<float>(1 / sqrt(bias2))};
}

A4J_MATH void adam_update(const AdamStep& s, float gradient, float& m, float& v, float& weight) {
  float g = gradient + s.weight_decay * weight;
  m = s.beta1 * m + (1 - s.beta1) * g;
  v = s.beta2 * v + (1 - s.beta2) * g * g;
  weight -= s.step_size * m / (sqrtf(v) * s.inverse_root_bias + s.epsilon);
}

}  // namespace a4j
