// Memory of a GPU for a data set's images; device/none refuses.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/model.h"

namespace a4j {

// uint8 [count][height * width * 3] on the model's GPU. Throws OutOfMemory, with the sizes, unless training steps of
// `batch` images fit beside it.
at::Tensor gpu_images(const Model& model, int64_t count, int height, int width, int batch);

}  // namespace a4j
