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

PackedWeights conv_pack(const ConvShape& shape, bool bf16, const float* weights) {
  PackedWeights packed;
  bool winograd = winograd_pays_for_one_image(shape);
  (winograd ? winograd_pack : direct_pack)(shape, weights, packed.fp32);
  if (winograd || !bf16) return packed;
  packed.half.resize(packed.fp32.size());
  for (size_t i = 0; i < packed.half.size(); i++) store(&packed.half[i], packed.fp32[i]);
  packed.fp32 = {};
  return packed;
}

void conv_forward_packed(const ConvShape& shape, bool bf16, const Source& x, const PackedWeights& packed, void* y,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  if (winograd_pays_for_one_image(shape)) {
    winograd_forward(shape, bf16, x, packed.fp32.data(), y, epilogue, sums, workspace);
  } else {
    Panels panels{packed.fp32.data(), packed.half.empty() ? nullptr : packed.half.data()};
    direct_forward(shape, bf16, x, panels, y, epilogue, sums, workspace);
  }
}

void conv_forward(const ConvShape& shape, bool bf16, const Source& x, const float* weights, void* y,
                  const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  std::vector<float>& packed = workspace.packed_weights;
  if (winograd_applies(shape)) {
    winograd_pack(shape, weights, packed);
    winograd_forward(shape, bf16, x, packed.data(), y, epilogue, sums, workspace);
  } else {
    direct_pack(shape, weights, packed);
    direct_forward(shape, bf16, x, {packed.data()}, y, epilogue, sums, workspace);
  }
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
