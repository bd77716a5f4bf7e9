// As much of CUDA's runtime as we use, on the CPU: the .cu files compile against this header as
// plain C++ and run without a GPU. Device memory is host memory; blocks run one after another; a block's
// threads are coroutines that change at __syncthreads(). Running threads and blocks backwards as well
// (emulated_cuda::backwards) shows a missing barrier or an order that the result depends on.
//
// Work is done when it is enqueued, or, while a stream is being captured, kept for the graph's replays.
//
// What it cannot show: races between blocks in flight, or between a stream and the host, misaligned access, speed.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
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

// The threads of one block. A thread is entered by way of a context, once, and then lives on, to run one kernel after
// another: a jump between stacks takes nanoseconds, a change of contexts calls the system. If the first one meets no
// barrier, the others must not, and are plain calls.
class Block {
 public:
  void run(unsigned threads, const std::function<void()>& kernel) {
    kernel_ = &kernel;
    while (threads_.size() < threads) threads_.push_back(std::make_unique<Thread>());
    for (unsigned t = 0; t < threads; t++) threads_[t]->done = false;
    unsigned running = one_turn(threads, threads, true);
    while (running > 0) running = one_turn(threads, running, false);
  }

  void barrier() {
    if (plain_) fail();
    suspend(*threads_[current_]);
  }

 private:
  struct Thread {
    char stack[128 << 10];
    ucontext_t entry;
    jmp_buf place;
    bool begun = false, done;
  };

  // Runs each thread to its next barrier or its end: all must do the same.
  unsigned one_turn(unsigned threads, unsigned running, bool first) {
    unsigned ended = 0;
    for (unsigned i = 0; i < threads; i++) {
      current_ = backwards ? threads - 1 - i : i;
      Thread& thread = *threads_[current_];
      if (thread.done) continue;
      threadIdx = dim3(current_, 0, 0);
      plain_ = first && ended > 0;
      if (plain_) {
        (*kernel_)();
        thread.done = true;
      } else {
        resume(thread);
      }
      ended += thread.done;
    }
    plain_ = false;
    if (ended != 0 && ended != running) fail();
    return running - ended;
  }

  [[noreturn]] static void fail() {
    std::fprintf(stderr, "emulated CUDA: only some threads of a block reached __syncthreads()\n");
    std::abort();
  }

  // Not inlined: a caller's variables must not change between a place's setting and the jump to it.
  __attribute__((noinline)) void resume(Thread& thread) {
    if (_setjmp(scheduler_) != 0) return;
    if (thread.begun) _longjmp(thread.place, 1);
    thread.begun = true;
    getcontext(&thread.entry);
    thread.entry.uc_stack.ss_sp = thread.stack;
    thread.entry.uc_stack.ss_size = sizeof thread.stack;
    makecontext(&thread.entry, &Block::live, 0);
    setcontext(&thread.entry);
  }

  __attribute__((noinline)) void suspend(Thread& thread) {
    if (_setjmp(thread.place) == 0) _longjmp(scheduler_, 1);
  }

  static void live();

  const std::function<void()>* kernel_ = nullptr;
  std::vector<std::unique_ptr<Thread>> threads_;
  jmp_buf scheduler_;
  unsigned current_ = 0;
  bool plain_ = false;  // the thread that runs
};

inline Block block;

inline void Block::live() {
  for (;;) {
    (*block.kernel_)();
    Thread& self = *block.threads_[block.current_];
    self.done = true;
    block.suspend(self);
  }
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
using cudaEvent_t = struct EmulatedEvent*;
enum cudaError_t { cudaSuccess, cudaErrorMemoryAllocation, cudaErrorStreamCaptureUnsupported };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal };
constexpr unsigned cudaEventDisableTiming = 2;

inline const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "operation not permitted when stream is capturing";
}

namespace emulated_cuda {

using Work = std::function<void()>;

// What a stream is given to do while it is being captured.
struct Capture {
  cudaStream_t stream;
  std::vector<Work> work;
  bool valid = true;
};

inline Capture* capture = nullptr;  // null: none under way
inline bool replaying = false;
inline size_t free_memory = size_t{16} << 30;

inline cudaError_t not_in_capture() {
  if (capture == nullptr) return cudaSuccess;
  capture->valid = false;
  return cudaErrorStreamCaptureUnsupported;
}

inline cudaError_t enqueue(cudaStream_t stream, Work work) {
  if (capture != nullptr && capture->stream != stream) return not_in_capture();
  if (capture == nullptr) {
    work();
  } else {
    capture->work.push_back(std::move(work));
  }
  return cudaSuccess;
}

}  // namespace emulated_cuda

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes;
  cudaStream_t stream;
};

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments... arguments) {
  dim3 grid = config->gridDim, threads = config->blockDim;
  return emulated_cuda::enqueue(
      config->stream, [=] { emulated_cuda::run_grid(grid, threads, [&] { kernel(arguments...); }); });
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

inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return emulated_cuda::enqueue(stream, [=] { cudaMemcpy(to, from, bytes, kind); });
}

inline cudaError_t cudaMemGetInfo(size_t* available, size_t* total) {
  *available = emulated_cuda::free_memory;
  *total = size_t{16} << 30;
  return cudaSuccess;
}

// Work is done when it is enqueued: there is nothing to wait for.
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return emulated_cuda::not_in_capture(); }
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t*, unsigned) { return cudaSuccess; }
inline cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return emulated_cuda::not_in_capture(); }
