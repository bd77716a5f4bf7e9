// The GPUs that this build can use. device/cuda and device/none implement it, so that callers need no
// #ifdef: a build without CUDA has no GPU, and says so.
#pragma once

#include <string>
#include <vector>

namespace a4j {

struct GpuSupport {
  std::string toolkit;             // version of CUDA this build was made with; empty: none
  std::vector<std::string> names;  // of the usable GPUs: cuda:0, cuda:1 ..
  std::string obstacle;            // why there is none; empty if there is one
};

GpuSupport gpu_support();

// Throws Unsupported, saying why, if cuda:index cannot be used.
void require_gpu(int index);

// Waits for all work on cuda:index.
void wait_for_gpu(int index);

}  // namespace a4j
