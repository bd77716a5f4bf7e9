#include "ops/conv.h"

#include "ops/cpu/direct.h"
#include "ops/cpu/winograd.h"

namespace a4j {

namespace {

void pack(const ConvShape& shape, const float* weights, std::vector<float>& packed) {
  (winograd_applies(shape) ? winograd_pack : direct_pack)(shape, weights, packed);
}

}  // namespace

std::vector<float> conv_pack(const ConvShape& shape, const float* weights) {
  std::vector<float> packed;
  pack(shape, weights, packed);
  return packed;
}

void conv_forward_packed(const ConvShape& shape, bool bf16, const Source& x, const float* packed, void* y,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  auto forward = winograd_applies(shape) ? winograd_forward : direct_forward;
  forward(shape, bf16, x, packed, y, epilogue, sums, workspace);
}

void conv_forward(const ConvShape& shape, bool bf16, const Source& x, const float* weights, void* y,
                  const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  pack(shape, weights, workspace.packed_weights);
  conv_forward_packed(shape, bf16, x, workspace.packed_weights.data(), y, epilogue, sums, workspace);
}

void conv_backward_input(const ConvShape& shape, bool bf16, const Source& dy, const float* weights, void* dx,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  auto backward = winograd_applies(shape) ? winograd_backward_input : direct_backward_input;
  backward(shape, bf16, dy, weights, dx, epilogue, sums, workspace);
}

void conv_backward_weights(const ConvShape& shape, bool bf16, const Source& x, const Source& dy, float* dw,
                           ConvWorkspace& workspace) {
  auto backward = winograd_applies(shape) ? winograd_backward_weights : direct_backward_weights;
  backward(shape, bf16, x, dy, dw, workspace);
}

}  // namespace a4j
