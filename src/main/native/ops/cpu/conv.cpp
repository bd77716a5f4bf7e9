#include "ops/conv.h"

#include "ops/cpu/conv_blocks.h"
#include "ops/cpu/direct.h"
#include "ops/cpu/winograd.h"

namespace a4j {

namespace {

// A matrix unit multiplies faster than transforms could read.
bool winograd_pays(const ConvShape& shape, bool bf16) {
  return winograd_applies(shape) && conv_kernels(bf16).multiply_matrix == nullptr;
}

// Rounded to bf16 for dot products, Winograd's points would cost the forward pass accuracy; the gradients lose none.
bool winograd_forward_pays(const ConvShape& shape, bool bf16) {
  return winograd_pays(shape, bf16) && conv_kernels(bf16).values == 1;
}

void pack(const ConvShape& shape, bool bf16, const float* weights, Floats& packed) {
  if (winograd_forward_pays(shape, bf16)) return winograd_pack(shape, weights, packed);
  direct_pack(shape, bf16, weights, packed);
}

}  // namespace

Floats conv_pack(const ConvShape& shape, bool bf16, const float* weights) {
  Floats packed;
  pack(shape, bf16, weights, packed);
  return packed;
}

void conv_forward_packed(const ConvShape& shape, bool bf16, const Source& x, const float* packed, void* y,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  auto forward = winograd_forward_pays(shape, bf16) ? winograd_forward : direct_forward;
  forward(shape, bf16, x, packed, y, epilogue, sums, workspace);
}

void conv_forward(const ConvShape& shape, bool bf16, const Source& x, const float* weights, void* y,
                  const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  pack(shape, bf16, weights, workspace.weights);
  conv_forward_packed(shape, bf16, x, workspace.weights.data(), y, epilogue, sums, workspace);
}

void conv_backward_input(const ConvShape& shape, bool bf16, const Source& dy, const float* weights, void* dx,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  auto backward = winograd_pays(shape, bf16) ? winograd_backward_input : direct_backward_input;
  backward(shape, bf16, dy, weights, dx, epilogue, sums, workspace);
}

void conv_backward_weights(const ConvShape& shape, bool bf16, const Source& x, const Source& dy, float* dw,
                           ConvWorkspace& workspace) {
  auto backward = winograd_pays(shape, bf16) ? winograd_backward_weights : direct_backward_weights;
  backward(shape, bf16, x, dy, dw, workspace);
}

}  // namespace a4j
