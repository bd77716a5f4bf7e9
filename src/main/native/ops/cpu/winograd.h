// Stride 1 convolutions with a 3x3 kernel by Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray,
// "Fast Algorithms for Convolutional Neural Networks", 2016): 16 products of matrices, one for each
// position of a 4x4 tile, instead of 36 for the tile's four outputs. Arguments as in ops/conv.h.
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
