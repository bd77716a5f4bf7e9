// Which of a kernel's builds this processor runs.
#pragma once

namespace a4j {

enum class Isa { kGeneric, kAvx2, kAvx512 };

// The best that CPUID offers, or less if the environment variable AFFECT4J_ISA is generic or avx2.
Isa cpu_isa();

const char* name(Isa isa);

}  // namespace a4j
