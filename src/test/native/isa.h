// Which build of the kernels a test is of.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "ops/cpu/isa.h"

namespace a4j_test {

constexpr int kSkipped = 77;  // ctest's SKIP_RETURN_CODE

// Whether AFFECT4J_ISA names what this processor has not.
inline bool isa_missing(const char* test) {
  const char* wish = std::getenv("AFFECT4J_ISA");
  bool missing = wish != nullptr && wish != std::string(a4j::name(a4j::cpu_isa()));
  if (missing) std::printf("%s: SKIPPED: this processor has no %s\n", test, wish);
  return missing;
}

}  // namespace a4j_test
