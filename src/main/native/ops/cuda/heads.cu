#include "ops/cuda/heads.h"

#include "device/cuda/launch.h"
#include "ops/cuda/typed.h"

namespace a4j {
namespace cuda {

namespace {

constexpr int kHeadThreads = 256;

// A block makes one image's features, then its logits one after another.
template <typename T>
__global__ void forward_heads_kernel(const T* z, int area, int channels, Heads heads, float* features, float* logits) {
  __shared__ float shared[kHeadThreads];
  const int thread = threadIdx.x;
  const T* image = z + static_cast<int64_t>(blockIdx.x) * area * channels;
  float* mine = features + static_cast<int64_t>(blockIdx.x) * channels;
  for (int c = thread; c < channels; c += kHeadThreads) {
    float sum = 0;
    for (int pixel = 0; pixel < area; pixel++) sum += load(image + static_cast<int64_t>(pixel) * channels + c);
    mine[c] = sum / area;
  }
  for (int output = 0; output < A4J_OUTPUTS; output++) {
    const float* weight = heads.weight[output];
    float sum = 0;
    if (weight != nullptr) {
      for (int c = thread; c < channels; c += kHeadThreads) sum = fmaf(mine[c], weight[c], sum);  // its own features
    }
    shared[thread] = sum;
    __syncthreads();
    for (int half = kHeadThreads / 2; half > 0; half /= 2) {
      if (thread < half) shared[thread] += shared[thread + half];
      __syncthreads();
    }
    if (thread == 0) {
      logits[blockIdx.x * A4J_OUTPUTS + output] = weight == nullptr ? NAN : shared[0] + *heads.bias[output];
    }
    __syncthreads();
  }
}

// A thread makes one slope; blockIdx.y is the output.
__global__ void head_slopes_kernel(const float* gradient, const float* features, int images, int channels,
                                   Heads heads) {
  int c = blockIdx.x * blockDim.x + threadIdx.x, output = blockIdx.y;
  if (heads.weight[output] == nullptr || c >= channels) return;
  float slope = 0, bias = 0;
  for (int i = 0; i < images; i++) {
    float g = gradient[i * A4J_OUTPUTS + output];
    slope = fmaf(g, features[static_cast<int64_t>(i) * channels + c], slope);
    bias += g;
  }
  heads.weight_slope[output][c] = slope;
  if (c == 0) *heads.bias_slope[output] = bias;
}

// A thread makes one channel of one image, which all its pixels share; blockIdx.y is the image.
template <typename T>
__global__ void backward_features_kernel(const float* gradient, int area, int channels, Heads heads, T* dz) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= channels) return;
  float slope = 0;
  for (int output = 0; output < A4J_OUTPUTS; output++) {
    if (heads.weight[output] == nullptr) continue;
    slope = fmaf(gradient[blockIdx.y * A4J_OUTPUTS + output], heads.weight[output][c], slope);
  }
  T* image = dz + static_cast<int64_t>(blockIdx.y) * area * channels;
  for (int pixel = 0; pixel < area; pixel++) store(image + static_cast<int64_t>(pixel) * channels + c, slope / area);
}

}  // namespace

void heads_forward(cudaStream_t stream, const Activation& z, int images, const Heads& heads, float* features,
                   float* logits) {
  with_type(z, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, dim3(images), kHeadThreads, forward_heads_kernel<T>, data, static_cast<int>(z.rows / images),
           z.channels, heads, features, logits);
  });
}

void heads_backward(cudaStream_t stream, const float* gradient, const float* features, int images, const Heads& heads,
                    const Activation& dz) {
  int across = (dz.channels + kHeadThreads - 1) / kHeadThreads;
  launch(stream, dim3(across, A4J_OUTPUTS), kHeadThreads, head_slopes_kernel, gradient, features, images, dz.channels,
         heads);
  with_type(dz, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, dim3(across, images), kHeadThreads, backward_features_kernel<T>, gradient,
           static_cast<int>(dz.rows / images), dz.channels, heads, data);
  });
}

}  // namespace cuda
}  // namespace a4j
