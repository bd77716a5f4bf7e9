#include "boundary/handles.h"

using namespace a4j;

a4j_status a4j_batch_new(int32_t capacity, int32_t height, int32_t width, a4j_batch** out) {
  return guarded([&] {
    require(capacity >= 1 && capacity <= 65536, "batch capacity must be 1..65536, not ", capacity);
    require(height >= 32 && height <= 1024 && width >= 32 && width <= 1024,
            "images must be 32..1024 pixels a side, not ", height, "x", width);
    *out = new a4j_batch(capacity, height, width);
  });
}

void a4j_batch_free(a4j_batch* batch) { delete batch; }

a4j_status a4j_batch_buffer(a4j_batch* batch, int32_t which, void** data, int64_t* bytes) {
  return guarded([&] {
    require_handle(batch);
    require(which >= 0 && which < Batch::kBuffers, "there is no batch buffer ", which);
    *data = batch->buffers[which];
    *bytes = batch->bytes[which];
  });
}
