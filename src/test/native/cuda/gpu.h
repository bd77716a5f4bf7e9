// Whether there is a GPU to test on.
#pragma once

#include <cstdio>

#include "device/gpu.h"

namespace cuda_test {

constexpr int kSkipped = 77;  // ctest's SKIP_RETURN_CODE

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
