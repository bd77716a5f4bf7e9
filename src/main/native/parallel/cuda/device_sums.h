// Sums over all ranks of values that lie on their GPUs.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace a4j {

class DeviceSums {
 public:
  virtual ~DeviceSums() = default;

  // Enqueues the sum, in place, to the same bits on each rank. All ranks must ask for the same ones in the same order.
  virtual void sum(cudaStream_t stream, float* values, int64_t count) = 0;
  virtual void sum(cudaStream_t stream, double* values, int64_t count) = 0;

  // The same behind all that the stream has been given, but beside what it is given until finish(), behind which it
  // goes on with the sums.
  virtual void begin_sum(cudaStream_t stream, float* values, int64_t count) = 0;
  virtual void finish(cudaStream_t stream) = 0;
};

}  // namespace a4j
