#include "nn/cuda/shortage.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>

#include "device/errors.h"
#include "nn/cuda/network.h"

namespace a4j {

std::string gigabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", bytes * 1e-9);
  return text;
}

void throw_shortage(const Model& model, bool training, const Batch& batch, int rows) {
  c10::cuda::CUDACachingAllocator::emptyCache();
  size_t available = 0, total = 0;
  cudaMemGetInfo(&available, &total);
  int64_t image =
      CudaNetwork::bytes_per_image(model.layout(), batch.height, batch.width, model.dtype() == at::kBFloat16, training);
  int64_t fits = std::min<int64_t>(static_cast<int64_t>(available) / image, rows - 1);
  std::string advice = fits >= 2 ? "a batch of about " + std::to_string(fits) + " would fit"
                                 : "not even two images fit; end what else uses the GPU";
  throw OutOfMemory(std::string("the GPU's memory is too small: ") + (training ? "a training step" : "a prediction") +
                    " of " + std::to_string(rows) + " images of " + std::to_string(batch.height) + "x" +
                    std::to_string(batch.width) + " takes about " + gigabytes(static_cast<double>(image) * rows) +
                    ", " + gigabytes(static_cast<double>(available)) + " of " + gigabytes(static_cast<double>(total)) +
                    " are free; " + advice);
}

}  // namespace a4j
