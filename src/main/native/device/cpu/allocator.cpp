#include "device/cpu/allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace a4j {

namespace {

// A block starts with its size, a cache line before the data: libtorch's raw interface hands back
// nothing but the data's address.
constexpr size_t kHeader = 64;

size_t& size_of(void* data) { return *reinterpret_cast<size_t*>(static_cast<char*>(data) - kHeader); }

void* from_system(size_t size) {
  void* base = std::aligned_alloc(kHeader, size + kHeader);
  if (base == nullptr) return nullptr;
  void* data = static_cast<char*>(base) + kHeader;
  size_of(data) = size;
  return data;
}

void to_system(void* data) { std::free(static_cast<char*>(data) - kHeader); }

// Sizes are rounded to an eighth of their power of two, so that near sizes share blocks.
size_t rounded(size_t bytes) {
  size_t step = 64;
  while (step * 16 <= bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

class CachingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes == 0 ? nullptr : take(rounded(bytes));
    return {data, data, &give_back, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

  void copy_data(void* destination, const void* source, size_t count) const override {
    std::memcpy(destination, source, count);
  }

  void release() {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto& [size, blocks] : free_) {
      for (void* data : blocks) to_system(data);
    }
    free_.clear();
  }

  int64_t system_allocations() const { return system_allocations_; }

 private:
  void* take(size_t size) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      std::vector<void*>& blocks = free_[size];
      if (!blocks.empty()) {
        void* data = blocks.back();
        blocks.pop_back();
        return data;
      }
    }
    return fresh(size);
  }

  void* fresh(size_t size) {
    void* data = from_system(size);
    if (data == nullptr) {
      release();
      data = from_system(size);
    }
    if (data == nullptr) throw std::bad_alloc();
    system_allocations_++;
    return data;
  }

  static void give_back(void* data);

  std::mutex mutex_;
  std::map<size_t, std::vector<void*>> free_;
  std::atomic<int64_t> system_allocations_{0};
};

// Never destroyed: tensors of static storage may outlive any order of destruction.
CachingAllocator& instance() {
  static CachingAllocator* allocator = new CachingAllocator;
  return *allocator;
}

void CachingAllocator::give_back(void* data) {
  if (data == nullptr) return;
  CachingAllocator& self = instance();
  std::lock_guard<std::mutex> lock(self.mutex_);
  try {
    self.free_[size_of(data)].push_back(data);
  } catch (const std::bad_alloc&) {
    to_system(data);
  }
}

}  // namespace

void install_caching_allocator() {
  static const bool installed = [] {
    constexpr uint8_t kAboveDefault = 100;
    c10::SetCPUAllocator(&instance(), kAboveDefault);
    // oneDNN's own scratch memory comes from malloc: keep it in the heap, too.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    return true;
  }();
  (void)installed;
}

int64_t system_allocations() { return instance().system_allocations(); }

void release_cached_memory() { instance().release(); }

}  // namespace a4j
