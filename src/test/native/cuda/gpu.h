// Whether there is a GPU to test on.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "device/gpu.h"

namespace cuda_test {

// ctest's SKIP_RETURN_CODE; but a failure where A4J_GPU_EXPECTED says that there is a GPU.
inline int skipped() { return std::getenv("A4J_GPU_EXPECTED") == nullptr ? 77 : 1; }

inline bool gpu_is_there(const char* test) {
  a4j::GpuSupport support = a4j::gpu_support();
  if (support.obstacle.empty()) {
    std::printf("%s: on %s\n", test, support.names[0].c_str());
    return true;
  }
  std::printf("%s: SKIPPED, %s\n", test, support.obstacle.c_str());
  return false;
}

}  // namespace cuda_test
