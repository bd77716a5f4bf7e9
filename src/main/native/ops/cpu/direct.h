// Convolutions as direct products: each tap's rows times its weights. Arguments as in ops/conv.h.
#pragma once

#include "ops/conv.h"

namespace a4j {

// packed[panel][tap][c][j] = weights[panel * width + j][tap][c] as words of c, zero beyond the last column.
void direct_pack(const ConvShape& shape, bool bf16, const float* weights, Floats& packed);

void direct_forward(const ConvShape& shape, bool bf16, const Source& x, const float* packed, void* y,
                    const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace);

void direct_backward_input(const ConvShape& shape, bool bf16, const Source& dy, const float* weights, void* dx,
                           const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace);

void direct_backward_weights(const ConvShape& shape, bool bf16, const Source& x, const Source& dy, float* dw,
                             ConvWorkspace& workspace);

}  // namespace a4j
