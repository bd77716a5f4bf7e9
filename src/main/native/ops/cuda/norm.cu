#include "ops/cuda/norm.h"

#include "ops/cuda/channel.h"
#include "ops/cuda/tile.h"
#include "ops/cuda/typed.h"

namespace a4j {
namespace cuda {

namespace {

// The pivot is each channel's value in the first row: near the mean, so that no digits are lost.
template <typename T>
__global__ void statistics_kernel(const T* y, int64_t rows, int channels, Norm norm, TileScratch scratch) {
  Place<T> place(channels);
  float pivot[kVector<T>], v[kVector<T>], sums[2][kVector<T>] = {};
  load_vector(y + place.channel, pivot);
  for (int64_t row = place.row; row < rows; row += place.step) {
    load_vector(y + row * channels + place.channel, v);
    for (int i = 0; i < kVector<T>; i++) {
      float difference = v[i] - pivot[i];
      sums[0][i] += difference;
      sums[1][i] += difference * difference;
    }
  }
  sum_rows(place, sums, channels, scratch, [&](int c, const double* total) {
    double at = load(y + c);
    if (norm.sums == nullptr) return write_statistics(norm, c, rows, channel_moments(rows, total[0], total[1], at));
    // Each rank's pivot is its own: 0 is the one they have in common.
    write_sums(norm, channels, c, rows, total[0] + rows * at, total[1] + at * (2 * total[0] + rows * at));
  });
}

__global__ void statistics_of_sums_kernel(int channels, Norm norm) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= channels) return;
  int64_t n = static_cast<int64_t>(norm.sums[2 * channels]);
  write_statistics(norm, c, n, channel_moments(n, norm.sums[c], norm.sums[channels + c], 0));
}

__global__ void coefficients_of_sums_kernel(int channels, Norm norm) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= channels) return;
  int64_t n = static_cast<int64_t>(norm.sums[2 * channels]);
  write_coefficients(norm, c, slope_of(norm, c, n, norm.sums[c], norm.sums[channels + c]));
}

__global__ void running_scale_kernel(int channels, Norm norm) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= channels) return;
  NormChannel channel = norm_channel(norm.running_mean[c], norm.running_var[c], norm.weight[c], norm.bias[c]);
  norm.scale[c] = channel.scale;
  norm.shift[c] = channel.shift;
}

// kKind: 1 relu(bn(y)); 2 relu(bn(y) + x); 3 relu(bn(y) + bn'(x)).
template <typename T, int kKind>
__global__ void forward_kernel(const T* y, int64_t rows, int channels, Norm norm, const T* x, Norm x_norm, T* z) {
  Place<T> place(channels);
  float scale[kVector<T>], shift[kVector<T>], x_scale[kVector<T>], x_shift[kVector<T>];
  load_channels(norm.scale + place.channel, scale);
  load_channels(norm.shift + place.channel, shift);
  if (kKind == 3) {
    load_channels(x_norm.scale + place.channel, x_scale);
    load_channels(x_norm.shift + place.channel, x_shift);
  }
  float v[kVector<T>], added[kVector<T>];
  for (int64_t row = place.row; row < rows; row += place.step) {
    int64_t at = row * channels + place.channel;
    load_vector(y + at, v);
    if (kKind > 1) load_vector(x + at, added);
    for (int i = 0; i < kVector<T>; i++) {
      float value = fmaf(scale[i], v[i], shift[i]);
      if (kKind == 2) value += added[i];
      if (kKind == 3) value += fmaf(x_scale[i], added[i], x_shift[i]);
      v[i] = relu(value);
    }
    store_vector(z + at, v);
  }
}

template <typename T>
__global__ void relu_slopes_kernel(const T* dz, const T* y, int64_t rows, int channels, Norm norm,
                                   TileScratch scratch) {
  Place<T> place(channels);
  float scale[kVector<T>], shift[kVector<T>], mean[kVector<T>];
  load_channels(norm.scale + place.channel, scale);
  load_channels(norm.shift + place.channel, shift);
  load_channels(norm.mean + place.channel, mean);
  float g[kVector<T>], v[kVector<T>], sums[2][kVector<T>] = {};
  for (int64_t row = place.row; row < rows; row += place.step) {
    int64_t at = row * channels + place.channel;
    load_vector(dz + at, g);
    load_vector(y + at, v);
    for (int i = 0; i < kVector<T>; i++) {
      float slope = fmaf(scale[i], v[i], shift[i]) > 0 ? g[i] : 0;
      sums[0][i] += slope;
      sums[1][i] += slope * (v[i] - mean[i]);
    }
  }
  sum_rows(place, sums, channels, scratch,
           [&](int c, const double* total) { write_slopes(norm, channels, c, rows, total[0], total[1]); });
}

// kRelu: through the ReLU behind the norm first.
template <typename T, bool kRelu>
__global__ void backward_kernel(const T* g, const T* y, int64_t rows, int channels, Norm norm, T* dy) {
  Place<T> place(channels);
  float scale[kVector<T>], shift[kVector<T>], a[kVector<T>], b[kVector<T>], k[kVector<T>];
  if (kRelu) {
    load_channels(norm.scale + place.channel, scale);
    load_channels(norm.shift + place.channel, shift);
  }
  load_channels(norm.a + place.channel, a);
  load_channels(norm.b + place.channel, b);
  load_channels(norm.k + place.channel, k);
  float slope[kVector<T>], v[kVector<T>];
  for (int64_t row = place.row; row < rows; row += place.step) {
    int64_t at = row * channels + place.channel;
    load_vector(g + at, slope);
    load_vector(y + at, v);
    for (int i = 0; i < kVector<T>; i++) {
      if (kRelu && !(fmaf(scale[i], v[i], shift[i]) > 0)) slope[i] = 0;
      v[i] = fmaf(a[i], slope[i], fmaf(b[i], v[i], k[i]));
    }
    store_vector(dy + at, v);
  }
}

template <typename T, bool kTwoGradients, bool kTwoNorms>
__global__ void residual_kernel(const T* dz, const T* dz2, const T* z, T* g, const T* y, const T* y2, int64_t rows,
                                int channels, Norm norm, Norm norm2, TileScratch scratch) {
  constexpr int kSums = kTwoNorms ? 3 : 2;
  Place<T> place(channels);
  float mean[kVector<T>], mean2[kVector<T>];
  load_channels(norm.mean + place.channel, mean);
  if (kTwoNorms) load_channels(norm2.mean + place.channel, mean2);
  float slope[kVector<T>], v[kVector<T>], sums[kSums][kVector<T>] = {};
  for (int64_t row = place.row; row < rows; row += place.step) {
    int64_t at = row * channels + place.channel;
    load_vector(dz + at, slope);
    if (kTwoGradients) {
      load_vector(dz2 + at, v);
      for (int i = 0; i < kVector<T>; i++) slope[i] += v[i];
    }
    load_vector(z + at, v);
    for (int i = 0; i < kVector<T>; i++) slope[i] = v[i] > 0 ? slope[i] : 0;
    store_vector(g + at, slope);
    load_vector(y + at, v);
    for (int i = 0; i < kVector<T>; i++) {
      sums[0][i] += slope[i];
      sums[1][i] += slope[i] * (v[i] - mean[i]);
    }
    if (kTwoNorms) {
      load_vector(y2 + at, v);
      for (int i = 0; i < kVector<T>; i++) sums[kSums - 1][i] += slope[i] * (v[i] - mean2[i]);
    }
  }
  sum_rows(place, sums, channels, scratch, [&](int c, const double* total) {
    write_slopes(norm, channels, c, rows, total[0], total[1]);
    if (kTwoNorms) write_slopes(norm2, channels, c, rows, total[0], total[kSums - 1]);
  });
}

void launch_channels(cudaStream_t stream, int channels, void (*kernel)(int, Norm), const Norm& norm) {
  launch(stream, dim3((channels + 255) / 256), 256, kernel, channels, norm);
}

}  // namespace

void norm_statistics(cudaStream_t stream, const Activation& y, const Norm& norm, const TileScratch& scratch) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, tile_grid(y, kReductionBlocks), kTileThreads, statistics_kernel<T>, data, y.rows, y.channels, norm,
           scratch);
  });
}

void norm_statistics_of_sums(cudaStream_t stream, int channels, const Norm& norm) {
  launch_channels(stream, channels, statistics_of_sums_kernel, norm);
}

void norm_coefficients_of_sums(cudaStream_t stream, int channels, const Norm& norm) {
  launch_channels(stream, channels, coefficients_of_sums_kernel, norm);
}

void norm_running_scale(cudaStream_t stream, int channels, const Norm& norm) {
  launch_channels(stream, channels, running_scale_kernel, norm);
}

void norm_relu(cudaStream_t stream, const Activation& y, const Norm& norm, const Activation& z) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, tile_grid(y, kPassBlocks), kTileThreads, forward_kernel<T, 1>, data, y.rows, y.channels, norm,
           nullptr, norm, typed<T>(z));
  });
}

void norm_add_relu(cudaStream_t stream, const Activation& y, const Norm& norm, const Activation& x, const Norm* x_norm,
                   const Activation& z) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, tile_grid(y, kPassBlocks), kTileThreads, x_norm ? forward_kernel<T, 3> : forward_kernel<T, 2>, data,
           y.rows, y.channels, norm, typed<T>(x), x_norm ? *x_norm : norm, typed<T>(z));
  });
}

void norm_relu_slopes(cudaStream_t stream, const Activation& dz, const Activation& y, const Norm& norm,
                      const TileScratch& scratch) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, tile_grid(y, kReductionBlocks), kTileThreads, relu_slopes_kernel<T>, typed<T>(dz), data, y.rows,
           y.channels, norm, scratch);
  });
}

void norm_relu_backward(cudaStream_t stream, const Activation& dz, const Activation& y, const Norm& norm,
                        const Activation& dy) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, tile_grid(y, kPassBlocks), kTileThreads, backward_kernel<T, true>, typed<T>(dz), data, y.rows,
           y.channels, norm, typed<T>(dy));
  });
}

void residual_relu_slopes(cudaStream_t stream, const Activation& dz, const Activation& dz2, const Activation& z,
                          const Activation& g, const Activation& y, const Norm& norm, const Activation& y2,
                          const Norm& norm2, const TileScratch& scratch) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    auto kernel = y2.data ? (dz2.data ? residual_kernel<T, true, true> : residual_kernel<T, false, true>)
                          : (dz2.data ? residual_kernel<T, true, false> : residual_kernel<T, false, false>);
    launch(stream, tile_grid(y, kReductionBlocks), kTileThreads, kernel, typed<T>(dz), typed<T>(dz2), typed<T>(z),
           typed<T>(g), data, typed<T>(y2), y.rows, y.channels, norm, norm2, scratch);
  });
}

void norm_backward(cudaStream_t stream, const Activation& g, const Activation& y, const Norm& norm,
                   const Activation& dy) {
  with_type(y, [&](auto* data) {
    using T = std::remove_pointer_t<decltype(data)>;
    launch(stream, tile_grid(y, kPassBlocks), kTileThreads, backward_kernel<T, false>, typed<T>(g), data, y.rows,
           y.channels, norm, typed<T>(dy));
  });
}

}  // namespace cuda
}  // namespace a4j
