#pragma once

#include <c10/util/Exception.h>

#include <string>

#include "nn/batch.h"
#include "nn/model.h"

namespace a4j {

// Bytes as "1.2 GB".
std::string gigabytes(double bytes);

// Bytes of the current device.
struct GpuMemory {
  int64_t available, total;
};

GpuMemory gpu_memory();

// Whether too little memory may be the cause: of cuDNN, libtorch then says no more than that no algorithm worked.
bool is_shortage(const c10::Error& error);

// Gives unused memory back, and throws OutOfMemory with what a training step, or prediction, of so many rows
// wanted, what there is and which batch would fit; or the cause, if that was something else.
[[noreturn]] void throw_shortage(const Model& model, bool training, const Batch& batch, int rows,
                                 const c10::Error& cause);

}  // namespace a4j
