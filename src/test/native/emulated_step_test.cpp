// The GPU's training step and inference, their own sources, on a GPU that is emulated (emulated_device.h): launched, and
// captured into graphs that record and replay; alone and as one of two ranks, with gloo in NCCL's place; and out of memory.
#include "emulated_kernels.h"

#include "emulated_device.h"

#include "nn/cuda/images.cpp"
#include "nn/cuda/inference.cpp"
#include "nn/cuda/network.cpp"
#include "nn/cuda/shortage.cpp"
#include "nn/cuda/upload.cpp"
#include "train/cuda/gradient.cpp"
#include "train/cuda/step.cpp"

#include "cuda/trajectory.h"

using namespace a4j_test;

namespace a4j {

struct NcclFunctions {};

namespace {
const NcclFunctions kNone;
}

NcclSums::NcclSums(Communicator& communicator) : communicator_(communicator), nccl_(kNone) {}
NcclSums::~NcclSums() = default;
void NcclSums::sum(cudaStream_t, float*, int64_t) {}
void NcclSums::sum(cudaStream_t, double*, int64_t) {}
void NcclSums::wait(cudaStream_t) {}
void NcclSums::abort() {}

}  // namespace a4j

namespace {

constexpr int kSize = 32, kRows = 4;

using Graph = at::cuda::CUDAGraph;

// Runs the body and checks how many graphs it captured and replayed: tests of a graph must not pass without one.
template <typename Body>
void with_graphs(int captures, int replays, const std::string& what, Body body) {
  const int captured = Graph::captures, replayed = Graph::replays;
  body();
  check(Graph::captures - captured == captures, what + ": " + std::to_string(captures) + " captures");
  check(Graph::replays - replayed == replays, what + ": " + std::to_string(replays) + " replays");
  check(c10::cuda::CUDACachingAllocator::pools.empty(), what + " leaves no memory pool behind");
}

}  // namespace

int main() {
  for (at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    with_graphs(1, 3, "steps at rate 0", [&] { repeats(kSize, kRows, dtype); });
    with_graphs(2, 6, "trajectories", [&] { trajectories_agree(kSize, kRows, dtype); });
  }
  return report("emulated_step_test");
}
