#include "jpeg/decoder.h"

#include <csetjmp>
#include <cstdio>  // before jpeglib.h, which needs it
#include <new>
#include <stdexcept>
#include <string>

#include <jpeglib.h>

#include <jerror.h>

namespace a4j {

namespace {

// Encoders write about ten scans, jpegtran's densest scripts a few dozen. A file can repeat scans of some bytes
// without end, and each costs a pass over the whole image.
constexpr int kMostScans = 100;
// The coefficients of a progressive image of 1024 x 1024 pixels take 6 MiB.
constexpr long kMostMemory = 32 << 20;

// Says of a header's field that decides no pixel, or is read as every other decoder reads it, that it is odd.
bool is_harmless(int warning) {
  return warning == JWRN_JFIF_MAJOR || warning == JWRN_ADOBE_XFORM || warning == JWRN_NOT_SEQUENTIAL;
}

// libjpeg's errors return to attempt() by longjmp, which no C++ destructor may stand in the way of.
class Decompressor {
 public:
  explicit Decompressor(JpegFile file) {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = fail;
    errors_.emit_message = warn;
    jpeg_.client_data = this;
    progress_.progress_monitor = bound_scans;
    try {
      open(file);
    } catch (...) {
      jpeg_destroy_decompress(&jpeg_);
      throw;
    }
  }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor() { jpeg_destroy_decompress(&jpeg_); }

  JpegSize size() const { return {static_cast<int>(jpeg_.image_height), static_cast<int>(jpeg_.image_width)}; }

  void decode(uint8_t* pixels) {
    attempt([&] {
      jpeg_.out_color_space = JCS_RGB;  // from grey too
      jpeg_.dct_method = JDCT_ISLOW;
      jpeg_start_decompress(&jpeg_);
      while (jpeg_.output_scanline < jpeg_.output_height) {
        JSAMPROW row = pixels + static_cast<int64_t>(jpeg_.output_scanline) * jpeg_.output_width * 3;
        jpeg_read_scanlines(&jpeg_, &row, 1);
      }
      jpeg_finish_decompress(&jpeg_);  // the end of the file belongs to it
    });
  }

 private:
  void open(JpegFile file) {
    attempt([&] {
      jpeg_create_decompress(&jpeg_);
      jpeg_.mem->max_memory_to_use = kMostMemory;
      jpeg_.progress = &progress_;
      jpeg_mem_src(&jpeg_, file.data, static_cast<unsigned long>(file.bytes));
      jpeg_read_header(&jpeg_, TRUE);
    });
    if (jpeg_.num_components != 1 && jpeg_.num_components != 3) {
      throw std::invalid_argument(std::to_string(jpeg_.num_components) + " colour channels, expected RGB or grey");
    }
  }

  template <typename Body>
  void attempt(Body body) {
    if (setjmp(failed_) == 0) {
      body();
    } else if (errors_.msg_code == JERR_OUT_OF_MEMORY) {
      throw std::bad_alloc();  // says nothing about the file
    } else {
      throw std::invalid_argument(message_);
    }
  }

  static Decompressor& of(j_common_ptr jpeg) { return *static_cast<Decompressor*>(jpeg->client_data); }

  [[noreturn]] static void fail(j_common_ptr jpeg) {
    Decompressor& self = of(jpeg);
    self.errors_.format_message(jpeg, self.message_);
    std::longjmp(self.failed_, 1);
  }

  // The first warning ends it: what follows in damaged data are invented pixels.
  static void warn(j_common_ptr jpeg, int level) {
    if (level < 0 && !is_harmless(jpeg->err->msg_code)) fail(jpeg);
  }

  static void bound_scans(j_common_ptr jpeg) {
    if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= kMostScans) return;
    Decompressor& self = of(jpeg);
    self.errors_.msg_code = 0;
    std::snprintf(self.message_, sizeof self.message_, "more than %d scans, expected an encoder's ten or so",
                  kMostScans);
    std::longjmp(self.failed_, 1);
  }

  jpeg_decompress_struct jpeg_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf failed_;
  char message_[JMSG_LENGTH_MAX];
};

}  // namespace

JpegSize jpeg_size(JpegFile file) { return Decompressor(file).size(); }

void decode_jpeg(JpegFile file, JpegSize size, uint8_t* pixels) {
  Decompressor decompressor(file);
  JpegSize found = decompressor.size();
  if (found.height != size.height || found.width != size.width) {
    throw std::invalid_argument("an image of " + std::to_string(found.width) + " x " + std::to_string(found.height) +
                                " pixels, expected " + std::to_string(size.width) + " x " +
                                std::to_string(size.height));
  }
  decompressor.decode(pixels);
}

}  // namespace a4j
