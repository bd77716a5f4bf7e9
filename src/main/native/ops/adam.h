// One Adam update over flat buffers, as torch.optim.Adam (L2 weight decay added to the gradient).
#pragma once

#include <cstdint>

#include "ops/math/adam.h"

namespace a4j {

struct AdamOptions {
  float beta1, beta2, epsilon, weight_decay;
};

inline AdamStep adam_step(const AdamOptions& o, float learning_rate, int64_t t) {
  return adam_step(o.beta1, o.beta2, o.epsilon, o.weight_decay, learning_rate, t);
}

// t: the count of this update, from 1. All buffers have `count` floats.
void adam(const AdamOptions& options, float learning_rate, int64_t t, int64_t count, const float* gradient, float* m,
          float* v, float* weights);

}  // namespace a4j
