// Which of a kernel's builds this processor runs.
#pragma once

namespace a4j {

enum class Isa { kGeneric, kAvx2, kAvx512, kAvx512Bf16, kAmx };

// The best that CPUID offers, or what the environment variable AFFECT4J_ISA names; std::invalid_argument if that is
// unknown, or more than this processor has.
// AMX multiplies bf16 alone; fp32 then has AVX-512's kernels. The bf16 dot products of AVX512_BF16 are the best on
// AMD's processors only: those of Intel execute them at half the rate of fp32 multiply-adds.
Isa cpu_isa();

const char* name(Isa isa);

}  // namespace a4j
