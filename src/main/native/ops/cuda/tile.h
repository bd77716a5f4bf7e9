// How kernels walk over an activation [rows][channels]: a block takes `lanes` vectors of channels that
// lie side by side and every so many rows; a thread keeps its channels and walks down the rows. And
// the deterministic sum over all rows: threads, then blocks, each in a fixed order.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "device/cuda/launch.h"
#include "ops/cuda/scratch.h"
#include "ops/math/bf16.h"
#include "ops/norm.h"

namespace a4j {
namespace cuda {

constexpr int kTileThreads = 512;
constexpr int kMaxLanes = 32;
constexpr int kPassBlocks = 1024;  // blocks of an element-wise pass

// Elements of type T in 16 bytes, the widest access.
template <typename T>
constexpr int kVector = 16 / sizeof(T);

template <typename T>
__device__ inline void load_vector(const T* from, float (&v)[kVector<T>]) {
  uint4 raw = *reinterpret_cast<const uint4*>(from);
  T elements[kVector<T>];
  memcpy(elements, &raw, sizeof raw);
  for (int i = 0; i < kVector<T>; i++) v[i] = load(elements + i);
}

template <typename T>
__device__ inline void store_vector(T* to, const float (&v)[kVector<T>]) {
  T elements[kVector<T>];
  for (int i = 0; i < kVector<T>; i++) store(elements + i, v[i]);
  uint4 raw;
  memcpy(&raw, elements, sizeof raw);
  *reinterpret_cast<uint4*>(to) = raw;
}

// kVector<T> per-channel values.
template <int N>
__device__ inline void load_channels(const float* from, float (&v)[N]) {
  for (int i = 0; i < N; i++) v[i] = from[i];
}

// A thread's place.
template <typename T>
struct Place {
  __device__ explicit Place(int channels) {
    int vectors = channels / kVector<T>;
    lanes = vectors < kMaxLanes ? vectors : kMaxLanes;
    int slots = kTileThreads / lanes;
    channel = (blockIdx.x * lanes + threadIdx.x % lanes) * kVector<T>;
    row = static_cast<int64_t>(blockIdx.y) * slots + threadIdx.x / lanes;
    step = static_cast<int64_t>(gridDim.y) * slots;
  }

  int lanes, channel;
  int64_t row, step;
};

// The grid of such a kernel, with at most about `blocks` blocks.
inline dim3 tile_grid(const Activation& a, int blocks) {
  int vectors = a.channels * (a.bf16 ? 2 : 4) / 16, lanes = vectors < kMaxLanes ? vectors : kMaxLanes;
  bool fits = lanes > 0 && (lanes & (lanes - 1)) == 0 && a.channels % (lanes * 16 / (a.bf16 ? 2 : 4)) == 0;
  if (!fits) throw std::invalid_argument("no kernel for activations of " + std::to_string(a.channels) + " channels");
  int64_t across = vectors / lanes, slots = kTileThreads / lanes, down = (a.rows + slots - 1) / slots;
  int64_t most = blocks / across > 1 ? blocks / across : 1;
  return dim3(static_cast<unsigned>(across), static_cast<unsigned>(down < most ? (down > 0 ? down : 1) : most));
}

// Adds up `sums` of all threads of all blocks; the block that comes last calls finish(channel, totals)
// once for each of its channels. All threads of a block must call it.
template <typename T, int kSums, typename Finish>
__device__ void sum_rows(const Place<T>& place, const float (&sums)[kSums][kVector<T>], int channels,
                         const TileScratch& scratch, Finish finish) {
  __shared__ float shared[kTileThreads * kVector<T>];
  __shared__ double totals[kTileThreads];
  __shared__ bool last;
  const int thread = threadIdx.x, width = place.lanes * kVector<T>, first = blockIdx.x * width;
  for (int s = 0; s < kSums; s++) {
    for (int i = 0; i < kVector<T>; i++) shared[thread * kVector<T> + i] = sums[s][i];
    __syncthreads();
    if (thread < width) {
      float sum = 0;
      for (int slot = 0; slot < kTileThreads / place.lanes; slot++) sum += shared[slot * width + thread];
      scratch.partials[(static_cast<int64_t>(blockIdx.y) * kSums + s) * channels + first + thread] = sum;
    }
    __syncthreads();
  }
  __threadfence();
  __syncthreads();
  if (thread == 0) last = atomicAdd(scratch.counters + blockIdx.x, 1u) == gridDim.y - 1;
  __syncthreads();
  if (!last) return;
  __threadfence();
  double total[kSums];
  const int groups = kTileThreads / width, group = thread / width, mine = thread % width;
  for (int s = 0; s < kSums; s++) {
    double sum = 0;
    for (unsigned block = group; block < gridDim.y; block += groups) {
      sum += scratch.partials[(static_cast<int64_t>(block) * kSums + s) * channels + first + mine];
    }
    totals[thread] = sum;
    __syncthreads();
    total[s] = 0;
    for (int g = 0; g < groups; g++) total[s] += totals[g * width + mine];
    __syncthreads();
  }
  if (group == 0) finish(first + mine, total);
  if (thread == 0) scratch.counters[blockIdx.x] = 0;
}

}  // namespace cuda
}  // namespace a4j
