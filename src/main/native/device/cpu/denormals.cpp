#include "device/cpu/denormals.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace a4j {

#if defined(__SSE__)

namespace {

constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;

}  // namespace

// Workers keep the mode: they run nothing but our and libtorch's kernels. The caller is a Java
// thread and gets its own mode back.
FlushDenormals::FlushDenormals() : previous_(_mm_getcsr()) {
#pragma omp parallel
  _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
}

FlushDenormals::~FlushDenormals() { _mm_setcsr(previous_); }

#else

FlushDenormals::FlushDenormals() : previous_(0) {}
FlushDenormals::~FlushDenormals() {}

#endif

}  // namespace a4j
