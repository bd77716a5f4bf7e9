// Failures that are neither a caller's mistake nor a defect; boundary/guarded.cpp turns them into codes.
#pragma once

#include <stdexcept>

namespace a4j {

// Something this build or machine cannot do.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Memory ran out, and the sentence says what would fit.
struct OutOfMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace a4j
