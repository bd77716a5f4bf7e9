// What this machine can do at best: the roofs that a step is measured against.
#pragma once

namespace a4j {

// FLOP/s of libtorch's matrix product, fp32 or bf16: of 2048 x 2048 matrices with the threads in force on the
// CPU (device -1), of 8192 x 8192 ones on cuda:device. A CPU without AVX512_BF16 is measured in fp32.
double peak_gemm(int device, bool bf16);

// Bytes/s of STREAM's triad, or, on the CPU, of an update in place if that is faster, far outside the caches,
// with the threads in force or on cuda:device.
double peak_bandwidth(int device);

}  // namespace a4j
