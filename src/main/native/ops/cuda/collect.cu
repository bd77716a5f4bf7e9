#include "ops/cuda/collect.h"

#include "device/cuda/launch.h"
#include "ops/math/bf16.h"

namespace a4j {
namespace cuda {

namespace {

constexpr int kCollectThreads = 256;

template <typename T>
__global__ void collect_kernel(Pieces pieces, float* flat) {
  const int64_t total = pieces.end[pieces.count - 1], step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  int piece = 0;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < total; i += step) {
    while (i >= pieces.end[piece]) piece++;
    int64_t element = i - (piece > 0 ? pieces.end[piece - 1] : 0);
    const T* source = static_cast<const T*>(pieces.source[piece]);
    int channels = pieces.channels[piece];
    int64_t from = element / channels * pieces.stride[piece] + element % channels;
    flat[pieces.target[piece] + element] = load(source + from);
  }
}

}  // namespace

void collect(cudaStream_t stream, const Pieces& pieces, bool from_bf16, float* flat) {
  constexpr int64_t kMost = 2048;
  if (pieces.count == 0) return;
  int64_t blocks = (pieces.end[pieces.count - 1] + kCollectThreads - 1) / kCollectThreads;
  launch(stream, dim3(static_cast<unsigned>(blocks < kMost ? blocks : kMost)), kCollectThreads,
         from_bf16 ? collect_kernel<bf16> : collect_kernel<float>, pieces, flat);
}

}  // namespace cuda
}  // namespace a4j
