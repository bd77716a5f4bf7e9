#include "boundary/handles.h"

using namespace a4j;

a4j_status a4j_images_new(const a4j_model* model, int64_t capacity, int32_t height, int32_t width, int32_t batch,
                          a4j_images** out) {
  return guarded([&] {
    require_handle(model);
    require(capacity >= 1 && capacity <= 1 << 30, "the capacity of a set must be 1..2^30 images, not ", capacity);
    require_image_size(height, width);
    require(batch >= 1, "the batch must be at least 1, not ", batch);
    *out = new a4j_images(*model, capacity, height, width, batch);
  });
}

void a4j_images_free(a4j_images* images) { delete images; }

a4j_status a4j_images_append(a4j_images* images, const uint8_t* pixels, int64_t count) {
  return guarded([&] {
    require_handle(images);
    require(count >= 0, "the count must be at least 0");
    images->append(pixels, count);
  });
}
