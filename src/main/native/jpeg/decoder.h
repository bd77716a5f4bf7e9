// JPEG files to pixels, by libjpeg-turbo with the settings of Pillow and torchvision
// (docs/decisions/0011-libjpeg-turbo.md). A file that cannot be decoded whole is a std::invalid_argument in the
// library's words.
#pragma once

#include <cstdint>

namespace a4j {

struct JpegFile {
  const uint8_t* data;
  int64_t bytes;
};

struct JpegSize {
  int height, width;  // pixels
};

// From the header; no memory is taken for pixels.
JpegSize jpeg_size(JpegFile file);

// Decodes a file of this size to uint8 [height][width][3], RGB.
void decode_jpeg(JpegFile file, JpegSize size, uint8_t* pixels);

}  // namespace a4j
