// What every boundary function shares: exceptions become codes, in one place.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#include "include/affect4j.h"

namespace a4j {

// Something this build or machine cannot do.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Stores the sentence of the exception in flight for this thread and returns its code.
a4j_status record_failure() noexcept;

inline void require(bool condition, const std::string& sentence) {
  if (!condition) throw std::invalid_argument(sentence);
}

template <typename Body>
a4j_status guarded(Body body) noexcept {
  try {
    body();
    return A4J_OK;
  } catch (...) {
    return record_failure();
  }
}

}  // namespace a4j
