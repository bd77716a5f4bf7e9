// From an activation's run-time element type to a kernel's.
#pragma once

#include <type_traits>

#include "ops/math/bf16.h"
#include "ops/norm.h"

namespace a4j {
namespace cuda {

template <typename T>
T* typed(const Activation& a) {
  return static_cast<T*>(a.data);
}

// Calls body with the activation's data as bf16* or float*.
template <typename Body>
void with_type(const Activation& a, Body body) {
  if (a.bf16) {
    body(typed<bf16>(a));
  } else {
    body(typed<float>(a));
  }
}

}  // namespace cuda
}  // namespace a4j
