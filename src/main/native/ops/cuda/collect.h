// Gathers the weight gradients that cuDNN left in tensors of their own into the flat fp32 buffer.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace a4j {
namespace cuda {

// Device pointers of up to kMost tensors, passed by value: a captured launch keeps them.
struct Pieces {
  static constexpr int kMost = 64;

  int count = 0;
  const void* source[kMost];
  int64_t target[kMost];  // offset in the flat buffer
  int64_t end[kMost];     // elements of this piece and all before it
  int channels[kMost];    // innermost size in the flat buffer
  int stride[kMost];      // the same in the source, which may be padded

  // Appends `elements` of the flat buffer.
  void add(const void* from, int64_t offset, int64_t elements, int innermost, int padded) {
    source[count] = from;
    target[count] = offset;
    end[count] = elements + (count > 0 ? end[count - 1] : 0);
    channels[count] = innermost;
    stride[count] = padded;
    count++;
  }
};

// flat[target + i] = the i-th element of each piece, in fp32; sources are bf16 or fp32.
void collect(cudaStream_t stream, const Pieces& pieces, bool bf16, float* flat);

}  // namespace cuda
}  // namespace a4j
