// augment() against libtorch's crop, bilinear upsampling, flip and normalisation, in double.
#include "ops/augment.h"

#include <ATen/ATen.h>
#include <omp.h>

#include <stdexcept>

#include "check.h"

using namespace a4j_test;

namespace {

struct Crop {
  float top, left, height, width, flip;
};

std::vector<uint8_t> noise(int height, int width) {
  Random random(height * 1000 + width);
  std::vector<uint8_t> image(static_cast<size_t>(height) * width * 3);
  for (uint8_t& value : image) value = static_cast<uint8_t>(random());
  return image;
}

std::vector<float> ours(const std::vector<uint8_t>& images, const std::vector<Crop>& crops, int height, int width) {
  std::vector<float> out(images.size(), NAN);
  a4j::augment(static_cast<int>(crops.size()), height, width, images.data(), &crops[0].top,
               {out.data(), height, width, 0});
  return out;
}

// [height, width, 3] in double.
at::Tensor reference(const std::vector<uint8_t>& image, const Crop& c, int height, int width) {
  at::Tensor x =
      at::from_blob(const_cast<uint8_t*>(image.data()), {1, height, width, 3}, at::kByte).permute({0, 3, 1, 2});
  x = x.to(at::kDouble).narrow(2, static_cast<int64_t>(c.top), static_cast<int64_t>(c.height));
  x = x.narrow(3, static_cast<int64_t>(c.left), static_cast<int64_t>(c.width)).contiguous();
  x = at::upsample_bilinear2d(x, {height, width}, /*align_corners=*/false) / 255;
  if (c.flip != 0) x = x.flip({3});
  at::Tensor mean = at::tensor({0.485, 0.456, 0.406}, at::kDouble).view({1, 3, 1, 1});
  at::Tensor deviation = at::tensor({0.229, 0.224, 0.225}, at::kDouble).view({1, 3, 1, 1});
  return ((x - mean) / deviation).permute({0, 2, 3, 1}).contiguous();
}

void compare(int height, int width, const Crop& crop) {
  std::vector<uint8_t> image = noise(height, width);
  std::vector<float> a = ours(image, {crop}, height, width);
  at::Tensor b = reference(image, crop, height, width);
  check_error(error(a.data(), b.data_ptr<double>(), b.numel()), 2e-5,
              std::to_string(height) + "x" + std::to_string(width) + " crop " + std::to_string(crop.top) + " " +
                  std::to_string(crop.left) + " " + std::to_string(crop.height) + " " + std::to_string(crop.width) +
                  " flip " + std::to_string(crop.flip));
}

void random_crops(int height, int width) {
  Random random(height + width);
  for (int i = 0; i < 40; i++) {
    int h = 1 + below(random, height), w = 1 + below(random, width);
    int top = below(random, height - h + 1), left = below(random, width - w + 1);
    compare(height, width, {float(top), float(left), float(h), float(w), float(i % 2)});
  }
}

void whole_image_is_only_normalised() {
  constexpr int kSize = 112;
  std::vector<uint8_t> image = noise(kSize, kSize);
  std::vector<float> plain = ours(image, {{0, 0, kSize, kSize, 0}}, kSize, kSize);
  std::vector<float> flipped = ours(image, {{0, 0, kSize, kSize, 1}}, kSize, kSize);
  const double mean[3] = {0.485, 0.456, 0.406}, deviation[3] = {0.229, 0.224, 0.225};
  double worst = 0;
  bool mirrored = true;
  for (int y = 0; y < kSize; y++) {
    for (int x = 0; x < kSize; x++) {
      for (int c = 0; c < 3; c++) {
        size_t at = (static_cast<size_t>(y) * kSize + x) * 3 + c,
               other = (static_cast<size_t>(y) * kSize + kSize - 1 - x) * 3 + c;
        worst = std::max(worst, std::abs(plain[at] - (image[at] / 255.0 - mean[c]) / deviation[c]));
        mirrored = mirrored && plain[at] == flipped[other];
      }
    }
  }
  check(worst < 1e-6, "the whole image is only normalised");
  check(mirrored, "the flip mirrors, bit for bit");
}

void rows_and_threads() {
  constexpr int kHeight = 33, kWidth = 50, kRows = 5;
  std::vector<uint8_t> images;
  std::vector<Crop> crops;
  std::vector<float> apart;
  for (int i = 0; i < kRows; i++) {
    std::vector<uint8_t> image = noise(kHeight, kWidth);
    std::rotate(image.begin(), image.begin() + 100 * i, image.end());
    crops.push_back({float(i), float(2 * i), 20, 30, float(i % 2)});
    std::vector<float> row = ours(image, {crops.back()}, kHeight, kWidth);
    images.insert(images.end(), image.begin(), image.end());
    apart.insert(apart.end(), row.begin(), row.end());
  }
  for (int threads : {1, 2, 3}) {
    omp_set_num_threads(threads);
    check(same_bits(ours(images, crops, kHeight, kWidth), apart), "rows do not depend on batch or threads");
  }
}

void bad_crops() {
  auto refused = [](Crop crop, const char* what) {
    Crop crops[2] = {{0, 0, 32, 40, 0}, crop};
    try {
      a4j::check_crops(2, 32, 40, &crops[0].top);
      check(false, std::string(what) + " is refused");
    } catch (const std::invalid_argument& e) {
      check(std::strstr(e.what(), "row 1") != nullptr, std::string(what) + " names the row");
    }
  };
  refused({0, 0, 0, 4, 0}, "an empty crop");
  refused({-1, 0, 4, 4, 0}, "a crop above the image");
  refused({0, 37, 4, 4, 0}, "a crop right of the image");
  refused({0.5f, 0, 4, 4, 0}, "a crop of half pixels");
  refused({NAN, 0, 4, 4, 0}, "a crop at NaN");
  refused({0, 0, INFINITY, 4, 0}, "an infinite crop");
  refused({0, 0, 4, 4, 2}, "a flip of 2");
  refused({0, 0, 4, 4, NAN}, "a flip of NaN");
}

}  // namespace

int main() {
  random_crops(112, 112);
  random_crops(32, 47);
  random_crops(1, 9);
  compare(112, 112, {17, 93, 1, 1, 0});
  compare(112, 112, {0, 0, 112, 1, 1});
  compare(1, 1, {0, 0, 1, 1, 0});
  whole_image_is_only_normalised();
  rows_and_threads();
  bad_crops();
  return report("augment_test");
}
