// Compiles a function once for each generation of x86 and picks at load time. With
// -ffp-contract=off the clones give the same bits.
#pragma once

#define A4J_CPU_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
// For what such functions call: without it, calls of a copy for the baseline may stay.
#define A4J_CPU_INLINE inline __attribute__((always_inline))
