#include <ATen/ops/empty.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include <string>

#include "device/errors.h"
#include "nn/cuda/network.h"
#include "nn/cuda/shortage.h"
#include "nn/gpu_images.h"

namespace a4j {

at::Tensor gpu_images(const Model& model, int64_t count, int height, int width, int batch) {
  c10::cuda::CUDAGuard guard(model.device());
  int64_t image = static_cast<int64_t>(height) * width * 3;
  int64_t step = batch * CudaNetwork::bytes_per_image(model, height, width, /*training=*/true);
  c10::cuda::CUDACachingAllocator::emptyCache();
  GpuMemory memory = gpu_memory();
  if (count * image + step > memory.available) {
    throw OutOfMemory("the data set does not fit into the GPU's memory: " + std::to_string(count) + " images of " +
                      std::to_string(height) + "x" + std::to_string(width) + " take " + gigabytes(count * image) +
                      " and a training step of " + std::to_string(batch) + " about " + gigabytes(step) + ", " +
                      gigabytes(memory.available) + " of " + gigabytes(memory.total) + " are free");
  }
  return at::empty({count, image}, at::TensorOptions().dtype(at::kByte).device(model.device()));
}

}  // namespace a4j
