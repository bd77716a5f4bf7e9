#include "ops/cpu/isa.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "device/environment.h"

namespace a4j {

namespace {

// CPUID says that there are tiles that multiply bf16, the system saves them (XCR0), and grants them when asked.
bool has_amx() {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24, kTileState = 3u << 17;
  if ((d & kBf16) == 0 || (d & kTile) == 0) return false;
  unsigned low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return (low & kTileState) == kTileState && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool has(Isa isa) {
  __builtin_cpu_init();
  switch (isa) {
    case Isa::kAmx:
      return has(Isa::kAvx512Bf16) && has_amx();
    case Isa::kAvx512Bf16:
      return has(Isa::kAvx512) && __builtin_cpu_supports("avx512bf16");
    case Isa::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default:
      return true;
  }
}

bool pays(Isa isa) { return has(isa) && (isa != Isa::kAvx512Bf16 || __builtin_cpu_is("amd")); }

Isa chosen() {
  constexpr Isa kBestFirst[] = {Isa::kAmx, Isa::kAvx512Bf16, Isa::kAvx512, Isa::kAvx2, Isa::kGeneric};
  std::string wish = chosen_by("AFFECT4J_ISA", {"best", "amx", "avx512_bf16", "avx512", "avx2", "generic"});
  for (Isa isa : kBestFirst) {
    if (wish != name(isa)) continue;
    if (has(isa)) return isa;
    throw std::invalid_argument("this processor has no " + wish + ", which AFFECT4J_ISA asks for; unset it");
  }
  return *std::find_if(std::begin(kBestFirst), std::end(kBestFirst), pays);
}

}  // namespace

Isa cpu_isa() {
  static const Isa isa = chosen();
  return isa;
}

const char* name(Isa isa) {
  switch (isa) {
    case Isa::kAmx:
      return "amx";
    case Isa::kAvx512Bf16:
      return "avx512_bf16";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
    default:
      return "generic";
  }
}

}  // namespace a4j
