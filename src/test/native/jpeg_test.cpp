// The JPEG decoder on the corpus of src/test/resources/jpeg (A4J_JPEGS), whole, cut and changed at random. Which pixels
// are right is JpegCorpusTest's matter.
#include "jpeg/decoder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "check.h"

using namespace a4j;
using namespace a4j_test;

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kGuard = 0xA5;
constexpr int kGuards = 64;

Bytes read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

// The pixels, or nothing and the reason. Files lie in memory of exactly their size, for the sanitizers.
Bytes decode(const Bytes& file, std::string* reason) {
  std::vector<uint8_t> exact(file);
  exact.shrink_to_fit();
  JpegFile jpeg{exact.data(), static_cast<int64_t>(exact.size())};
  try {
    JpegSize size = jpeg_size(jpeg);
    if (size.height > 1024 || size.width > 1024) throw std::invalid_argument("large");
    Bytes pixels(static_cast<size_t>(size.height) * size.width * 3 + kGuards, kGuard);
    decode_jpeg(jpeg, size, pixels.data());
    for (int i = 1; i <= kGuards; i++) check(pixels[pixels.size() - i] == kGuard, "writes within the pixels");
    pixels.resize(pixels.size() - kGuards);
    return pixels;
  } catch (const std::invalid_argument& e) {
    *reason = e.what();
    return {};
  }
}

void decodes_or_refuses(const std::string& name, const Bytes& file, Random& random) {
  std::string reason;
  Bytes pixels = decode(file, &reason);
  bool refused = name.rfind("refused_", 0) == 0;
  check(pixels.empty() == refused, name + " is " + (refused ? "refused" : "decoded: " + reason));
  check(decode(file, &reason) == pixels, name + " is decoded to the same pixels again");
  for (int trial = 0; trial < 40; trial++) {
    Bytes changed = file;
    for (int change = below(random, 8); change >= 0; change--) {
      changed[below(random, static_cast<int>(changed.size()))] = static_cast<uint8_t>(random());
    }
    if (trial % 4 == 0) changed.resize(1 + below(random, static_cast<int>(changed.size())));
    reason.clear();
    bool decoded = !decode(changed, &reason).empty();
    check(decoded != !reason.empty(), name + ", changed, is decoded or refused with a reason");
  }
}

void another_size_is_refused(const Bytes& file) {
  JpegFile jpeg{file.data(), static_cast<int64_t>(file.size())};
  JpegSize size = jpeg_size(jpeg);
  Bytes pixels(static_cast<size_t>(size.height) * (size.width + 1) * 3, kGuard);
  std::string reason;
  try {
    decode_jpeg(jpeg, {size.height, size.width + 1}, pixels.data());
  } catch (const std::invalid_argument& e) {
    reason = e.what();
  }
  check(reason == "an image of 48 x 40 pixels, expected 49 x 40", "another size is refused: " + reason);
  check(pixels == Bytes(pixels.size(), kGuard), "and nothing is written");
}

}  // namespace

int main() {
  const char* folder = std::getenv("A4J_JPEGS");
  if (folder == nullptr) {
    std::fprintf(stderr, "A4J_JPEGS must name the folder of JPEG files\n");
    return 1;
  }
  Random random(3);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jpg") continue;
    decodes_or_refuses(entry.path().filename().string(), read(entry.path()), random);
    files++;
  }
  check(files > 100, "the corpus has more than 100 files");
  another_size_is_refused(read(std::filesystem::path(folder) / "422.jpg"));
  return report("jpeg_test");
}
