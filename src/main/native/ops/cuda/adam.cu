#include "ops/cuda/adam.h"

#include <stdexcept>

#include "device/cuda/launch.h"

namespace a4j {
namespace cuda {

namespace {

constexpr int kAdamThreads = 256;

__global__ void adam_kernel(const AdamStep* step, int64_t vectors, const float4* gradient, float4* m, float4* v,
                            float4* weights, bf16* copy) {
  const AdamStep s = *step;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < vectors; i += stride) {
    float4 g = gradient[i], first = m[i], second = v[i], w = weights[i];
    adam_update(s, g.x, first.x, second.x, w.x);
    adam_update(s, g.y, first.y, second.y, w.y);
    adam_update(s, g.z, first.z, second.z, w.z);
    adam_update(s, g.w, first.w, second.w, w.w);
    m[i] = first;
    v[i] = second;
    weights[i] = w;
    if (copy == nullptr) continue;
    bf16 rounded[4];
    store(rounded, w.x);
    store(rounded + 1, w.y);
    store(rounded + 2, w.z);
    store(rounded + 3, w.w);
    uint2 raw;
    memcpy(&raw, rounded, sizeof raw);
    reinterpret_cast<uint2*>(copy)[i] = raw;
  }
}

}  // namespace

void adam(cudaStream_t stream, const AdamStep* step, int64_t count, const float* gradient, float* m, float* v,
          float* weights, bf16* copy) {
  if (count % 4 != 0) throw std::invalid_argument("Adam's buffers must be a multiple of 4 long");
  constexpr int64_t kMost = 2048;
  int64_t vectors = count / 4, blocks = (vectors + kAdamThreads - 1) / kAdamThreads;
  if (blocks == 0) return;
  launch(stream, dim3(static_cast<unsigned>(blocks < kMost ? blocks : kMost)), kAdamThreads, adam_kernel, step, vectors,
         reinterpret_cast<const float4*>(gradient), reinterpret_cast<float4*>(m), reinterpret_cast<float4*>(v),
         reinterpret_cast<float4*>(weights), copy);
}

}  // namespace cuda
}  // namespace a4j
