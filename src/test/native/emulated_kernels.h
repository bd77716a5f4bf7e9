// All CUDA kernels as plain C++ (emulated_cuda/cuda_runtime.h); for one source file of a test program.
#pragma once

#include "emulated_cuda/cuda_runtime.h"

#include "ops/cuda/adam.cu"
#include "ops/cuda/augment.cu"
#include "ops/cuda/collect.cu"
#include "ops/cuda/heads.cu"
#include "ops/cuda/loss.cu"
#include "ops/cuda/norm.cu"
#include "ops/cuda/pool.cu"
