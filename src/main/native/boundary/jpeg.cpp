#include "boundary/handles.h"
#include "jpeg/decoder.h"

using namespace a4j;

namespace {

JpegFile jpeg_file(const uint8_t* file, int64_t bytes) {
  require(file != nullptr && bytes >= 1, "a file of at least 1 byte is required");
  return {file, bytes};
}

}  // namespace

a4j_status a4j_jpeg_size(const uint8_t* file, int64_t bytes, int32_t* height, int32_t* width) {
  return guarded([&] {
    JpegSize size = jpeg_size(jpeg_file(file, bytes));
    *height = size.height, *width = size.width;
  });
}

a4j_status a4j_jpeg_decode(const uint8_t* file, int64_t bytes, int32_t height, int32_t width, uint8_t* pixels) {
  return guarded([&] {
    require_image_size(height, width);
    decode_jpeg(jpeg_file(file, bytes), {height, width}, pixels);
  });
}
