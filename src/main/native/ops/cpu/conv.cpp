#include "ops/conv.h"

#include "ops/cpu/direct.h"
#include "ops/cpu/winograd.h"

namespace a4j {

namespace {

// With one image, a layer's time is that of reading its weights, of which Winograd has 16/9 times as many.
bool winograd_pays_for_one_image(const ConvShape& shape) {
  constexpr int64_t kMaxWeights = 128 * 128 * 9;
  return winograd_applies(shape) && shape.weights() <= kMaxWeights;
}

}  // namespace

std::vector<float> conv_pack(const ConvShape& shape, const float* weights) {
  std::vector<float> packed;
  (winograd_pays_for_one_image(shape) ? winograd_pack : direct_pack)(shape, weights, packed);
  return packed;
}

void conv_forward_packed(const ConvShape& shape, bool bf16, const Source& x, const float* packed, void* y,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  auto forward = winograd_pays_for_one_image(shape) ? winograd_forward : direct_forward;
  forward(shape, bf16, x, packed, y, epilogue, sums, workspace);
}

void conv_forward(const ConvShape& shape, bool bf16, const Source& x, const float* weights, void* y,
                  const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  bool winograd = winograd_applies(shape);
  (winograd ? winograd_pack : direct_pack)(shape, weights, workspace.packed_weights);
  auto forward = winograd ? winograd_forward : direct_forward;
  forward(shape, bf16, x, workspace.packed_weights.data(), y, epilogue, sums, workspace);
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
