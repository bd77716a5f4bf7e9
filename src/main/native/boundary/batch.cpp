#include "boundary/handles.h"

using namespace a4j;

namespace a4j {

void require_image_size(int32_t height, int32_t width) {
  require(height >= 32 && height <= 1024 && width >= 32 && width <= 1024,
          "images must be 32..1024 pixels a side, not ", height, "x", width);
}

void require_images(const Batch& batch, int32_t rows, const Model& model) {
  if (batch.set == nullptr) return;
  require(batch.set->device() == model.device(), "the batch's images are on ", batch.set->device().str(),
          ", but the model is on ", model.device().str());
  for (int32_t i = 0; i < rows; i++) {
    int64_t index = batch.indices()[i];
    require(index >= 0 && index < batch.set->size(), "row ", i, " names image ", index, ", but the set has images 0..",
            batch.set->size() - 1);
  }
}

}  // namespace a4j

namespace {

void require_capacity(int32_t capacity) {
  require(capacity >= 1 && capacity <= 65535, "batch capacity must be 1..65535, not ", capacity);
}

}  // namespace

a4j_status a4j_batch_new(int32_t capacity, int32_t height, int32_t width, a4j_batch** out) {
  return guarded([&] {
    require_capacity(capacity);
    require_image_size(height, width);
    *out = new a4j_batch(capacity, height, width);
  });
}

a4j_status a4j_batch_new_of(const a4j_images* images, int32_t capacity, a4j_batch** out) {
  return guarded([&] {
    require_handle(images);
    require_capacity(capacity);
    *out = new a4j_batch(capacity, *images);
  });
}

void a4j_batch_free(a4j_batch* batch) { delete batch; }

a4j_status a4j_batch_buffer(a4j_batch* batch, int32_t which, void** data, int64_t* bytes) {
  return guarded([&] {
    require_handle(batch);
    require(which >= 0 && which < Batch::kBuffers, "there is no batch buffer ", which);
    require(batch->bytes[which] > 0, "this batch has ", batch->set == nullptr ? "images of its own, no indices"
                                                                             : "indices of images in a set, no images");
    *data = batch->buffers[which];
    *bytes = batch->bytes[which];
  });
}
