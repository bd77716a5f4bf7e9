#include "boundary/guarded.h"
#include "ops/peak.h"

using namespace a4j;

a4j_status a4j_peak_gemm(int32_t device, int32_t dtype, double* flops) {
  return guarded([&] {
    require(dtype == A4J_FP32 || dtype == A4J_BF16, "dtype must be fp32 or bf16");
    *flops = peak_gemm(device, dtype == A4J_BF16);
  });
}

a4j_status a4j_peak_bandwidth(int32_t device, double* bytes) {
  return guarded([&] { *bytes = peak_bandwidth(device); });
}
