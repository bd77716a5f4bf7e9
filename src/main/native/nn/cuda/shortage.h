#pragma once

#include <string>

#include "nn/batch.h"
#include "nn/model.h"

namespace a4j {

// Bytes as "1.2 GB".
std::string gigabytes(double bytes);

// Gives unused memory back, and throws OutOfMemory with what a training step, or prediction, of so many rows
// wanted, what there is and which batch would fit.
[[noreturn]] void throw_shortage(const Model& model, bool training, const Batch& batch, int rows);

}  // namespace a4j
