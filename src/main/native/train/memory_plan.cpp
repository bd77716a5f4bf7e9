#include "train/memory_plan.h"

#include <algorithm>

namespace a4j {

bool MemoryPlan::Buffer::meets(const Buffer& other) const {
  return std::any_of(lives.begin(), lives.end(), [&](const Life& mine) {
    return std::any_of(other.lives.begin(), other.lives.end(), [&](const Life& its) { return mine.meets(its); });
  });
}

void MemoryPlan::add(void** data, int64_t bytes, const std::vector<Life>& lives) {
  buffers_.push_back({data, (bytes + kAlignment - 1) / kAlignment * kAlignment, 0, lives});
}

int64_t MemoryPlan::arrange() {
  auto larger = [](const Buffer& a, const Buffer& b) { return a.bytes > b.bytes; };
  std::stable_sort(buffers_.begin(), buffers_.end(), larger);
  std::vector<const Buffer*> placed;  // by offset
  int64_t total = 0;
  for (Buffer& buffer : buffers_) {
    buffer.offset = lowest_free(buffer, placed);
    total = std::max(total, buffer.end());
    auto behind = [](const Buffer* a, const Buffer* b) { return a->offset < b->offset; };
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &buffer, behind), &buffer);
  }
  return total;
}

int64_t MemoryPlan::lowest_free(const Buffer& buffer, const std::vector<const Buffer*>& placed) {
  int64_t offset = 0;
  for (const Buffer* other : placed) {
    if (!buffer.meets(*other)) continue;
    if (offset + buffer.bytes <= other->offset) break;
    offset = std::max(offset, other->end());
  }
  return offset;
}

void MemoryPlan::place(void* memory) const {
  for (const Buffer& buffer : buffers_) *buffer.data = static_cast<char*>(memory) + buffer.offset;
}

}  // namespace a4j
