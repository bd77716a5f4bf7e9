// Convolutions of the training step as products of our own on NHWC, direct or by Winograd (ops/cpu/direct.h,
// ops/cpu/winograd.h), with batch norm's work done on the way: the normalise + ReLU in front of a convolution
// happens while its input is read, the statistics behind it while its output is written, and likewise
// backward. Storage is fp32 or bf16, arithmetic fp32 FMA, or dot products of bf16 where cpu_isa() is kAvx512Bf16 or
// kAmx. Results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/floats.h"
#include "ops/norm.h"

namespace a4j {

// What a convolution reads: an activation [pixels][channels], raw or through a formula.
struct Source {
  enum Kind {
    kPlain,             // data
    kNormRelu,          // relu(scale data + shift)
    kNormBackward,      // a data + b y + k
    kNormReluBackward,  // the same, with 0 for data where scale y + shift <= 0
    kPatches,           // 7x7 stride 2 patches of fp32 RGB images with a border of 3 zero pixels
  };

  Kind kind = kPlain;
  const void* data = nullptr;
  const void* y = nullptr;
  const float *scale = nullptr, *shift = nullptr;
  const float *a = nullptr, *b = nullptr, *k = nullptr;
  int patch_rows = 0, patch_columns = 0;  // patches of one image, for kPatches
};

// Sizes of one convolution with padding kernel / 2.
struct ConvShape {
  int images, height, width, in, out, kernel, stride;

  int out_height() const { return (height + 2 * (kernel / 2) - kernel) / stride + 1; }
  int out_width() const { return (width + 2 * (kernel / 2) - kernel) / stride + 1; }
  int64_t in_pixels() const { return static_cast<int64_t>(images) * height * width; }
  int64_t out_pixels() const { return static_cast<int64_t>(images) * out_height() * out_width(); }
  int64_t weights() const { return static_cast<int64_t>(out) * in * kernel * kernel; }
};

// What happens to an output row before it is stored, and the sums taken over all rows.
struct Epilogue {
  enum Kind {
    kStore,         // out = v
    kMoments,       // (forward) out = v; s3 = a pivot near the mean, s1 = sum (v - pivot), s2 = sum (v - pivot)^2
    kNormRelu,      // out = v; g = v where scale y + shift > 0: s1 = sum g, s2 = sum g (y - mean)
    kResidual,      // out, which holds z, becomes g = (v + add) where z > 0; s1 = sum g, s2 = sum g (y - mean), and,
                    // where there is a second y, s3 = sum g (y2 - mean2)
    kAdd,           // out += v
    kBias,          // out = v + bias, + out if accumulate, then ReLU if relu
  };

  Kind kind = kStore;
  const void* y = nullptr;
  const float *scale = nullptr, *shift = nullptr, *mean = nullptr;
  const void* add = nullptr;
  const void* y2 = nullptr;
  const float* mean2 = nullptr;
  const float* bias = nullptr;
  bool accumulate = false, relu = false;
};

// Scratch memory, grown on first use and then kept.
struct ConvWorkspace {
  Floats weights;  // packed, or parts of their gradient
  Floats points;   // of weights that Winograd transforms, or parts of their gradient
  Floats partial_sums;
  Floats scratch;  // a share for each thread
};

// The stem's 7x7 stride 2 convolution as a 1x1 convolution of its patches: in = 147.
constexpr int kPatchValues = 7 * 7 * 3;

// Weights in the order in which inference of this storage reads them. What is chosen depends on no number of
// images, so neither do the results.
Floats conv_pack(const ConvShape& shape, bool bf16, const float* weights);

// y = conv(source, weights), weights from conv_pack.
void conv_forward_packed(const ConvShape& shape, bool bf16, const Source& x, const float* packed, void* y,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace);

// The same with weights OHWI fp32, for training.
void conv_forward(const ConvShape& shape, bool bf16, const Source& x, const float* weights, void* y,
                  const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace);

// dx = the gradient by the input from dy.
void conv_backward_input(const ConvShape& shape, bool bf16, const Source& dy, const float* weights, void* dx,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace);

// dw (OHWI fp32, overwritten) = the gradient by the weights.
void conv_backward_weights(const ConvShape& shape, bool bf16, const Source& x, const Source& dy, float* dw,
                           ConvWorkspace& workspace);

}  // namespace a4j
