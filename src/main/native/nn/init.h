#pragma once

#include <cstdint>

#include "nn/layout.h"

namespace a4j {

// Fills one tensor's storage: convolutions Kaiming normal with fan out and ReLU gain (torchvision),
// linear weights and biases uniform in +-1/sqrt(fan in) (torch.nn.Linear), batch norms 1 and 0,
// running mean 0 and variance 1. Draws depend on seed, stream and element only.
void initialise(const TensorSpec& spec, uint64_t seed, uint64_t stream, float* data);

}  // namespace a4j
