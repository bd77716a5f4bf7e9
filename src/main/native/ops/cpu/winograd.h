// Stride 1 convolutions with a 3x3 kernel by Winograd's minimal filtering F(2x2, 3x3) and F(4x4, 3x3) (Lavin and Gray,
// "Fast Algorithms for Convolutional Neural Networks", 2016): a product of matrices for each of the 16 (36) positions
// of a tile, instead of 36 (144) for its four (sixteen) outputs. Arguments as in ops/conv.h.
#pragma once

#include "ops/conv.h"

namespace a4j {

bool winograd_applies(const ConvShape& shape);

// packed[panel][c][tap][j] = weights[panel * width + j][tap][c].
void winograd_pack(const ConvShape& shape, const float* weights, Floats& packed);

void winograd_forward(const ConvShape& shape, bool bf16, const Source& x, const float* packed, void* y,
                      const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace);

void winograd_backward_input(const ConvShape& shape, bool bf16, const Source& dy, const float* weights, void* dx,
                             const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace);

void winograd_backward_weights(const ConvShape& shape, bool bf16, const Source& x, const Source& dy, float* dw,
                               ConvWorkspace& workspace);

}  // namespace a4j
