// Per-element formulas are compiled for the CPU and, by nvcc, for the GPU.
#pragma once

#ifdef __CUDACC__
#define A4J_HD __host__ __device__
#else
#define A4J_HD
#endif
