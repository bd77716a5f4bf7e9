#include "ops/cuda/augment.h"

#include "device/cuda/launch.h"
#include "ops/math/augment.h"
#include "ops/math/bf16.h"

namespace a4j {
namespace cuda {

namespace {

constexpr int kAugmentThreads = 256;

template <typename T>
struct alignas(sizeof(T) * kImageChannels) Pixel {
  T colours[kImageChannels];
};

// A thread makes one pixel; blockIdx.y is the image.
template <typename T>
__global__ void augment_kernel(int height, int width, const uint8_t* images, const int64_t* rows, const float* crops,
                               Pixel<T>* out) {
  int pixel = blockIdx.x * blockDim.x + threadIdx.x, area = height * width;
  if (pixel >= area) return;
  int index = blockIdx.y, y = pixel / width, x = pixel % width;
  const float* crop = crops + 5 * index;
  const uint8_t* image = images + (rows ? rows[index] : index) * area * 3;
  Tap down = tap(y, height, crop[0], crop[2]);
  Tap across = tap(crop[4] != 0 ? width - 1 - x : x, width, crop[1], crop[3]);
  const uint8_t *top = image + down.low * width * 3, *bottom = image + down.high * width * 3;
  Pixel<T> made;
  for (int c = 0; c < 3; c++) {
    store(made.colours + c,
          sampled(top[across.low * 3 + c], top[across.high * 3 + c], bottom[across.low * 3 + c],
                  bottom[across.high * 3 + c], across.weight, down.weight, image_mean(c), image_scale(c)));
  }
  store(made.colours + 3, 0);
  out[static_cast<int64_t>(index) * area + pixel] = made;
}

}  // namespace

void augment(cudaStream_t stream, int count, int height, int width, const uint8_t* images, const int64_t* rows,
             const float* crops, void* out, bool to_bf16) {
  if (count == 0) return;
  dim3 grid((height * width + kAugmentThreads - 1) / kAugmentThreads, count);
  if (to_bf16) {
    launch(stream, grid, kAugmentThreads, augment_kernel<bf16>, height, width, images, rows, crops,
           static_cast<Pixel<bf16>*>(out));
  } else {
    launch(stream, grid, kAugmentThreads, augment_kernel<float>, height, width, images, rows, crops,
           static_cast<Pixel<float>*>(out));
  }
}

}  // namespace cuda
}  // namespace a4j
