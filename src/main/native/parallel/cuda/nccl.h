// Sums by NCCL, NVIDIA's library of collective operations, which libtorch with CUDA brings.
#pragma once

#include "parallel/communicator.h"
#include "parallel/cuda/device_sums.h"

namespace a4j {

struct NcclFunctions;

class NcclSums final : public DeviceSums {
 public:
  // For the current device; each rank needs its own. Returns when all ranks are there. Throws Unsupported if this
  // process has no NCCL, or NCCL refuses.
  explicit NcclSums(Communicator& communicator);
  ~NcclSums() override;
  NcclSums(const NcclSums&) = delete;
  NcclSums& operator=(const NcclSums&) = delete;

  void sum(cudaStream_t stream, float* values, int64_t count) override;
  void sum(cudaStream_t stream, double* values, int64_t count) override;

  // Waits for the stream. Throws PeerLost, naming the rank, if another one does not take part in time or is gone;
  // this object is then of no use any more.
  void wait(cudaStream_t stream);

 private:
  void check(int code, const char* what) const;
  bool is_idle(cudaStream_t stream) const;

  Communicator& communicator_;
  const NcclFunctions& nccl_;
  void* handle_ = nullptr;
};

}  // namespace a4j
