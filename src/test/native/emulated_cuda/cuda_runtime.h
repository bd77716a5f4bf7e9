// As much of CUDA's runtime as our kernels use, on the CPU: the .cu files compile against this header as
// plain C++ and run without a GPU. Device memory is host memory; blocks run one after another; a block's
// threads are coroutines that change at __syncthreads(). Running threads and blocks backwards as well
// (emulated_cuda::backwards) shows a missing barrier or an order that the result depends on.
//
// What it cannot show: races between blocks in flight, misaligned access, speed.
#pragma once

#include <ucontext.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __shared__ static  // a block at a time, so its shared memory may be anybody's

struct uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

inline dim3 gridDim, blockDim, blockIdx, threadIdx;

namespace emulated_cuda {

inline bool backwards = false;

// The threads of one block.
class Block {
 public:
  void run(unsigned threads, const std::function<void()>& kernel) {
    kernel_ = &kernel;
    if (stacks_.size() < threads) stacks_.resize(threads);
    if (threads_.size() < threads) threads_.resize(threads);
    for (unsigned t = 0; t < threads; t++) start(t);
    for (unsigned running = threads; running > 0;) running = one_turn(threads, running);
  }

  void barrier() { swapcontext(&threads_[current_].context, &scheduler_); }

 private:
  static constexpr size_t kStack = 128 << 10;

  struct Thread {
    ucontext_t context;
    bool done;
  };

  void start(unsigned t) {
    if (!stacks_[t]) stacks_[t] = std::make_unique<char[]>(kStack);
    getcontext(&threads_[t].context);
    threads_[t].context.uc_stack.ss_sp = stacks_[t].get();
    threads_[t].context.uc_stack.ss_size = kStack;
    threads_[t].context.uc_link = &scheduler_;
    threads_[t].done = false;
    makecontext(&threads_[t].context, &Block::enter, 0);
  }

  // Runs each thread to its next barrier or its end: all must do the same.
  unsigned one_turn(unsigned threads, unsigned running) {
    unsigned ended = 0;
    for (unsigned i = 0; i < threads; i++) {
      current_ = backwards ? threads - 1 - i : i;
      if (threads_[current_].done) continue;
      threadIdx = dim3(current_, 0, 0);
      swapcontext(&scheduler_, &threads_[current_].context);
      ended += threads_[current_].done;
    }
    if (ended != 0 && ended != running) {
      std::fprintf(stderr, "emulated CUDA: only some threads of a block reached __syncthreads()\n");
      std::abort();
    }
    return running - ended;
  }

  static void enter();

  const std::function<void()>* kernel_ = nullptr;
  std::vector<std::unique_ptr<char[]>> stacks_;
  std::vector<Thread> threads_;
  ucontext_t scheduler_;
  unsigned current_ = 0;
};

inline Block block;

inline void Block::enter() {
  (*block.kernel_)();
  block.threads_[block.current_].done = true;
}

inline void run_grid(dim3 grid, dim3 threads, const std::function<void()>& kernel) {
  gridDim = grid;
  blockDim = threads;
  for (unsigned i = 0; i < grid.x * grid.y; i++) {
    unsigned at = backwards ? grid.x * grid.y - 1 - i : i;
    blockIdx = dim3(at % grid.x, at / grid.x, 0);
    block.run(threads.x, kernel);
  }
}

}  // namespace emulated_cuda

inline void __syncthreads() { emulated_cuda::block.barrier(); }
inline void __threadfence() {}

inline unsigned atomicAdd(unsigned* at, unsigned value) {
  unsigned before = *at;
  *at += value;
  return before;
}

using cudaStream_t = struct EmulatedStream*;
enum cudaError_t { cudaSuccess, cudaErrorMemoryAllocation };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };

inline const char* cudaGetErrorString(cudaError_t) { return "out of memory"; }

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes;
  cudaStream_t stream;
};

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments... arguments) {
  emulated_cuda::run_grid(config->gridDim, config->blockDim, [&] { kernel(arguments...); });
  return cudaSuccess;
}

template <typename T>
cudaError_t cudaMalloc(T** out, size_t bytes) {
  *out = static_cast<T*>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  return *out ? cudaSuccess : cudaErrorMemoryAllocation;
}

inline cudaError_t cudaFree(void* data) {
  std::free(data);
  return cudaSuccess;
}

inline cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  if (bytes > 0) std::memcpy(to, from, bytes);
  return cudaSuccess;
}
