#include "ops/pool.h"

#include "ops/math/bf16.h"

namespace a4j {

namespace {

template <typename T>
void mean_of_pixels(const T* z, int64_t area, int channels, float* features) {
  for (int c = 0; c < channels; c++) features[c] = load(z + c);
  for (int64_t pixel = 1; pixel < area; pixel++) {
    for (int c = 0; c < channels; c++) features[c] += load(z + pixel * channels + c);
  }
  for (int c = 0; c < channels; c++) features[c] /= static_cast<float>(area);
}

template <typename T>
void spread_over_pixels(const float* slope, int64_t area, int channels, T* dz) {
  for (int64_t pixel = 0; pixel < area; pixel++) {
    for (int c = 0; c < channels; c++) store(dz + pixel * channels + c, slope[c] / static_cast<float>(area));
  }
}

template <typename T>
void pool(const Activation& z, int images, float* features) {
  int64_t area = z.rows / images;
#pragma omp parallel for schedule(static)
  for (int i = 0; i < images; i++) {
    mean_of_pixels(static_cast<const T*>(z.data) + i * area * z.channels, area, z.channels, features + i * z.channels);
  }
}

template <typename T>
void unpool(const float* slope, int images, const Activation& dz) {
  int64_t area = dz.rows / images;
#pragma omp parallel for schedule(static)
  for (int i = 0; i < images; i++) {
    spread_over_pixels(slope + i * dz.channels, area, dz.channels, static_cast<T*>(dz.data) + i * area * dz.channels);
  }
}

}  // namespace

void average_pool(const Activation& z, int images, float* features) {
  z.bf16 ? pool<bf16>(z, images, features) : pool<float>(z, images, features);
}

void average_pool_backward(const float* slope, int images, const Activation& dz) {
  dz.bf16 ? unpool<bf16>(slope, images, dz) : unpool<float>(slope, images, dz);
}

}  // namespace a4j
