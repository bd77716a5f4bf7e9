#include "ops/cpu/isa.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace a4j {

namespace {

Isa supported() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    return Isa::kAvx512;
  }
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Isa::kAvx2 : Isa::kGeneric;
}

Isa chosen() {
  Isa best = supported();
  const char* wish = std::getenv("AFFECT4J_ISA");
  if (wish == nullptr) return best;
  for (Isa isa : {Isa::kGeneric, Isa::kAvx2}) {
    if (std::strcmp(wish, name(isa)) == 0 && isa < best) return isa;
  }
  return best;
}

}  // namespace

Isa cpu_isa() {
  static const Isa isa = chosen();
  return isa;
}

const char* name(Isa isa) {
  return isa == Isa::kAvx512 ? "avx512" : isa == Isa::kAvx2 ? "avx2" : "generic";
}

}  // namespace a4j
