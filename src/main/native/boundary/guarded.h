// What every boundary function shares: exceptions become codes, in one place.
#pragma once

#include <exception>
#include <sstream>
#include <stdexcept>

#include "device/errors.h"
#include "include/affect4j.h"

namespace a4j {

// Stores the sentence of the exception in flight for this thread and returns its code.
a4j_status record_failure() noexcept;

// The sentence, given in parts, is put together only if it is needed: calls that succeed allocate nothing.
template <typename... Parts>
void require(bool condition, const Parts&... parts) {
  if (condition) return;
  std::ostringstream sentence;
  (sentence << ... << parts);
  throw std::invalid_argument(sentence.str());
}

// OpenMP counts threads for each calling thread: this one's are those of a4j_threads_set.
void use_set_threads();

template <typename Body>
a4j_status guarded(Body body) noexcept {
  try {
    use_set_threads();
    body();
    return A4J_OK;
  } catch (...) {
    return record_failure();
  }
}

}  // namespace a4j
