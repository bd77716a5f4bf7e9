// Per-element formulas are compiled for the CPU, once for each instruction set, and by nvcc for the
// GPU. Internal linkage keeps the linker from replacing one instruction set's copy by another's.
#pragma once

#ifdef __CUDACC__
#define A4J_MATH static __host__ __device__ inline
#else
#define A4J_MATH static inline
#endif
