// The opaque handles of affect4j.h and the checks of what came through the boundary.
#pragma once

#include "boundary/guarded.h"
#include "nn/batch.h"
#include "nn/image_set.h"
#include "nn/model.h"
#include "parallel/communicator.h"
#include "train/trainer.h"

struct a4j_batch : a4j::Batch {
  using a4j::Batch::Batch;
};

struct a4j_images : a4j::ImageSet {
  using a4j::ImageSet::ImageSet;
};

struct a4j_model : a4j::Model {
  using a4j::Model::Model;
};

struct a4j_communicator : a4j::Communicator {
  using a4j::Communicator::Communicator;
};

struct a4j_trainer : a4j::Trainer {
  using a4j::Trainer::Trainer;
};

namespace a4j {

inline void require_handle(const void* handle) { require(handle != nullptr, "a handle is NULL"); }

void require_image_size(int32_t height, int32_t width);

// Throws unless the model can have images for these rows of a batch: a set on its device, indices within it.
void require_images(const Batch& batch, int32_t rows, const Model& model);

// The specification of tensor `index`, or an exception.
const TensorSpec& tensor_spec(const Model& model, int32_t index);

// Copies between a view in torchvision's shape and `count` contiguous floats in OIHW order. Written values must be
// finite, and those that a root is taken of, such as variances, at least 0.
enum class Values { kAny, kRooted };
void read_tensor(const at::Tensor& tensor, float* data, int64_t count);
void write_tensor(const at::Tensor& tensor, const float* data, int64_t count, Values values);

}  // namespace a4j
