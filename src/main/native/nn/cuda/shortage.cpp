#include "nn/cuda/shortage.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "device/errors.h"
#include "nn/cuda/network.h"

namespace a4j {

std::string gigabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", bytes * 1e-9);
  return text;
}

GpuMemory gpu_memory() {
  size_t available = 0, total = 0;
  cudaMemGetInfo(&available, &total);
  return {static_cast<int64_t>(available), static_cast<int64_t>(total)};
}

bool is_shortage(const c10::Error& error) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         std::strstr(error.what_without_backtrace(), "unable to find an engine") != nullptr;
}

void throw_shortage(const Model& model, bool training, const Batch& batch, int rows, const c10::Error& cause) {
  c10::cuda::CUDACachingAllocator::emptyCache();
  GpuMemory memory = gpu_memory();
  int64_t image = CudaNetwork::bytes_per_image(model, batch.height, batch.width, training);
  bool surely = dynamic_cast<const c10::OutOfMemoryError*>(&cause) != nullptr;
  if (!surely && memory.available >= image * rows) throw std::runtime_error(cause.what_without_backtrace());
  int64_t fits = std::min<int64_t>(memory.available / image, rows - 1);
  std::string advice = fits >= 2 ? "a batch of about " + std::to_string(fits) + " would fit"
                                 : "not even two images fit; end what else uses the GPU";
  throw OutOfMemory(std::string("the GPU's memory is too small: ") + (training ? "a training step" : "a prediction") +
                    " of " + std::to_string(rows) + " images of " + std::to_string(batch.height) + "x" +
                    std::to_string(batch.width) + " takes about " + gigabytes(static_cast<double>(image) * rows) +
                    ", " + gigabytes(static_cast<double>(memory.available)) + " of " +
                    gigabytes(static_cast<double>(memory.total)) + " are free; " + advice);
}

}  // namespace a4j
