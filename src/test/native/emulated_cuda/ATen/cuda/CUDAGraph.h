// In place of libtorch's: a graph that does its work again when replayed. Fails where libtorch's does, and leaves the
// allocator and the stream as that does.
#pragma once

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>

namespace at::cuda {

using c10::MempoolId_t;

inline MempoolId_t graph_pool_handle() {
  static c10::CaptureId_t last = 0;
  return {0, ++last};
}

class CUDAGraph {
 public:
  static inline int captures = 0, replays = 0;

  CUDAGraph() = default;
  CUDAGraph(const CUDAGraph&) = delete;
  CUDAGraph& operator=(const CUDAGraph&) = delete;

  ~CUDAGraph() {
    if (ended_) c10::cuda::CUDACachingAllocator::releasePool(0, pool_);
  }

  void capture_begin(MempoolId_t pool, cudaStreamCaptureMode) {
    pool_ = pool;
    capture_.stream = c10::cuda::getCurrentCUDAStream();
    TORCH_CHECK(capture_.stream != nullptr, "CUDA graphs must be captured on a non-default stream");
    c10::cuda::CUDACachingAllocator::beginAllocateToPool(0, pool);
    emulated_cuda::capture = &capture_;
  }

  void capture_end() {
    TORCH_CHECK(emulated_cuda::capture == &capture_, "no capture is under way");
    emulated_cuda::capture = nullptr;
    TORCH_CHECK(capture_.valid, "operation failed due to a previous error during capture");
    c10::cuda::CUDACachingAllocator::endAllocateToPool(0, pool_);
    ended_ = true;
    captures++;
  }

  void replay() {
    TORCH_CHECK(ended_, "replay without a preceding successful capture");
    emulated_cuda::replaying = true;
    for (const emulated_cuda::Work& work : capture_.work) work();
    emulated_cuda::replaying = false;
    replays++;
  }

  MempoolId_t pool() {
    TORCH_CHECK(ended_, "no preceding successful capture");
    return pool_;
  }

 private:
  emulated_cuda::Capture capture_;
  MempoolId_t pool_;
  bool ended_ = false;
};

}  // namespace at::cuda
