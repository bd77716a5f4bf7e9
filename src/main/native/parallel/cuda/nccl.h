// Sums by NCCL, NVIDIA's library of collective operations, which libtorch with CUDA brings.
#pragma once

#include "parallel/communicator.h"
#include "parallel/cuda/device_sums.h"

namespace a4j {

struct NcclFunctions;

// Has one communicator, whose sums run one after another in the order in which they were asked for, on two streams as
// well: of two communicators at once each could wait for the other.
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
  void begin_sum(cudaStream_t stream, float* values, int64_t count) override;
  void finish(cudaStream_t stream) override;

  // Waits for the stream. Throws PeerLost, naming the rank, if another one does not take part in time or is gone:
  // then abort().
  void wait(cudaStream_t stream);

  // Ends sums that wait for a lost rank, which would hold up the stream for ever. Returns only when no CUDA graph holds
  // one any more; this object is then of no use.
  void abort();

 private:
  void check(int code, const char* what) const;

  Communicator& communicator_;
  const NcclFunctions& nccl_;
  void* handle_ = nullptr;
  cudaStream_t beside_ = nullptr;  // where begun sums run
  cudaEvent_t begun_ = nullptr, ended_ = nullptr;
};

}  // namespace a4j
