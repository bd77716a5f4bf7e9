#include "ops/cuda/pool.h"

#include "ops/cuda/channel.h"
#include "ops/cuda/tile.h"
#include "ops/cuda/typed.h"

namespace a4j {
namespace cuda {

namespace {

constexpr int kNothing = 9;

// Sizes of one image in front of and behind the pool.
struct PoolShape {
  int h, w, out_h, out_w;
};

template <typename T>
__global__ void pool_kernel(const T* y, int64_t outputs, int channels, PoolShape shape, Norm norm, T* z,
                            uint8_t* taps) {
  Place<T> place(channels);
  float scale[kVector<T>], shift[kVector<T>], v[kVector<T>], best[kVector<T>];
  int from[kVector<T>];
  load_channels(norm.scale + place.channel, scale);
  load_channels(norm.shift + place.channel, shift);
  for (int64_t output = place.row; output < outputs; output += place.step) {
    int column = static_cast<int>(output % shape.out_w), line = static_cast<int>(output / shape.out_w % shape.out_h);
    int64_t image = output / (static_cast<int64_t>(shape.out_w) * shape.out_h);
    for (int i = 0; i < kVector<T>; i++) best[i] = 0, from[i] = kNothing;
    for (int t = 0; t < 9; t++) {
      int r = 2 * line - 1 + t / 3, c = 2 * column - 1 + t % 3;
      if (r < 0 || r >= shape.h || c < 0 || c >= shape.w) continue;
      load_vector(y + ((image * shape.h + r) * shape.w + c) * channels + place.channel, v);
      for (int i = 0; i < kVector<T>; i++) {
        float value = fmaf(scale[i], v[i], shift[i]);
        bool above = !(value <= best[i]);  // true for NaN
        best[i] = above ? value : best[i];
        from[i] = above ? t : from[i];
      }
    }
    int64_t at = output * channels + place.channel;
    store_vector(z + at, best);
    for (int i = 0; i < kVector<T>; i++) taps[at + i] = static_cast<uint8_t>(from[i]);
  }
}

// Each input asks the up to four windows that it is in, in a fixed order.
template <typename T>
__global__ void unpool_kernel(const T* dz, const T* dz2, const uint8_t* taps, const T* y, int64_t inputs, int channels,
                              PoolShape shape, Norm norm, T* g, TileScratch scratch) {
  Place<T> place(channels);
  float mean[kVector<T>], v[kVector<T>], slope[kVector<T>], sums[2][kVector<T>] = {};
  load_channels(norm.mean + place.channel, mean);
  for (int64_t input = place.row; input < inputs; input += place.step) {
    int column = static_cast<int>(input % shape.w), line = static_cast<int>(input / shape.w % shape.h);
    int64_t image = input / (static_cast<int64_t>(shape.w) * shape.h);
    for (int i = 0; i < kVector<T>; i++) slope[i] = 0;
    for (int r = line / 2; r <= (line + 1) / 2 && r < shape.out_h; r++) {
      for (int c = column / 2; c <= (column + 1) / 2 && c < shape.out_w; c++) {
        int tap = (line - (2 * r - 1)) * 3 + column - (2 * c - 1);
        int64_t at = ((image * shape.out_h + r) * shape.out_w + c) * channels + place.channel;
        load_vector(dz + at, v);
        for (int i = 0; i < kVector<T>; i++) slope[i] += taps[at + i] == tap ? v[i] : 0;
        load_vector(dz2 + at, v);
        for (int i = 0; i < kVector<T>; i++) slope[i] += taps[at + i] == tap ? v[i] : 0;
      }
    }
    int64_t at = input * channels + place.channel;
    store_vector(g + at, slope);
    load_vector(y + at, v);
    for (int i = 0; i < kVector<T>; i++) {
      sums[0][i] += slope[i];
      sums[1][i] += slope[i] * (v[i] - mean[i]);
    }
  }
  sum_rows(place, sums, channels, scratch,
           [&](int c, const double* total) { write_slopes(norm, channels, c, inputs, total[0], total[1]); });
}

PoolShape pool_shape(int h, int w) { return {h, w, (h + 1) / 2, (w + 1) / 2}; }

}  // namespace

void norm_relu_pool(cudaStream_t stream, const Activation& y, int h, int w, const Norm& norm, const Activation& z,
                    uint8_t* taps) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, tile_grid(z, kPassBlocks), kTileThreads, pool_kernel<T>, data, z.rows, y.channels, pool_shape(h, w),
           norm, typed<T>(z), taps);
  });
}

void unpool_slopes(cudaStream_t stream, const Activation& dz, const Activation& dz2, const uint8_t* taps,
                   const Activation& y, int h, int w, const Norm& norm, const Activation& g,
                   const TileScratch& scratch) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, tile_grid(y, kReductionBlocks), kTileThreads, unpool_kernel<T>, typed<T>(dz), typed<T>(dz2), taps,
           data, y.rows, y.channels, pool_shape(h, w), norm, typed<T>(g), scratch);
  });
}

}  // namespace cuda
}  // namespace a4j
