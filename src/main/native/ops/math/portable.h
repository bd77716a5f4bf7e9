// Per-element formulas are compiled for the CPU, once for each instruction set, and by nvcc for the
// GPU. Internal linkage keeps the linker from replacing one instruction set's copy by another's; inlined
// always, so that a clone for an instruction set (ops/cpu/clones.h) calls no copy for the baseline.
#pragma once

#ifdef __CUDACC__
#define A4J_MATH static __host__ __device__ inline
#else
#define A4J_MATH static inline __attribute__((always_inline))
#endif
