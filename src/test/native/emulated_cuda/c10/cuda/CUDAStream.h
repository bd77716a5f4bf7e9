// In place of libtorch's: the streams of the emulation, which differ by name only.
#pragma once

#include <c10/core/Device.h>
#include <cuda_runtime.h>

namespace c10::cuda {

class CUDAStream {
 public:
  explicit CUDAStream(cudaStream_t stream) : stream_(stream) {}
  operator cudaStream_t() const { return stream_; }

 private:
  cudaStream_t stream_;
};

inline CUDAStream current_stream(nullptr);

inline CUDAStream getCurrentCUDAStream() { return current_stream; }

inline CUDAStream getStreamFromPool(bool, c10::DeviceIndex) {
  static uintptr_t last = 0;
  return CUDAStream(reinterpret_cast<cudaStream_t>(++last));
}

}  // namespace c10::cuda
