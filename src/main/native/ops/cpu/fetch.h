// Fetching memory before it is read or written, for loops compiled once for each instruction set.
#pragma once

#include <cstdint>

namespace a4j {
namespace {

// Hardware prefetchers stop at a page's end: a page ahead, they are helped.
template <typename T>
void fetch_ahead(const T* p, int count) {
  constexpr int kAhead = 4096, kCacheLine = 64;
  const char* line = reinterpret_cast<const char*>(p) + kAhead;
  for (int64_t i = 0; i < count * static_cast<int64_t>(sizeof(T)); i += kCacheLine) __builtin_prefetch(line + i);
}

}  // namespace
}  // namespace a4j
