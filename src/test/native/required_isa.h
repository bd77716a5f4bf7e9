// Which instruction set's kernels a test is of.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "ops/cpu/isa.h"

namespace a4j_test {

constexpr int kSkipped = 77;  // ctest's SKIP_RETURN_CODE

// Whether AFFECT4J_ISA names what this processor has not.
inline bool isa_missing(const char* test) {
  const char* wish = std::getenv("AFFECT4J_ISA");
  try {
    if (wish == nullptr || wish == std::string(a4j::name(a4j::cpu_isa()))) return false;
    std::printf("%s: SKIPPED: this processor has no %s\n", test, wish);
  } catch (const std::invalid_argument& e) {
    std::printf("%s: SKIPPED: %s\n", test, e.what());
  }
  return true;
}

}  // namespace a4j_test
