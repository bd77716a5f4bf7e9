// A vector of floats that begins on a cache line: std::allocator begins 16 bytes into one, and every vector
// that is loaded would lie on two lines.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace a4j {

template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};

  CacheLineAllocator() = default;
  template <typename U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}

  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kLine)); }
  void deallocate(T* data, size_t) { ::operator delete(data, kLine); }

  friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
  friend bool operator!=(const CacheLineAllocator&, const CacheLineAllocator&) { return false; }
};

using Floats = std::vector<float, CacheLineAllocator<float>>;

}  // namespace a4j
