// What this machine can do at best: the roofs that a step is measured against.
#pragma once

namespace a4j {

// FLOP/s of libtorch's 2048 x 2048 matrix product, fp32 or bf16, with the threads in force.
double peak_gemm(bool bf16);

// Bytes/s of STREAM's triad, or of an update in place if that is faster, far outside the caches, with the
// threads in force.
double peak_bandwidth();

}  // namespace a4j
