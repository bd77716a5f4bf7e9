// Memory for buffers whose lives are known ahead: those that never live at the same time may lie in the same place.
#pragma once

#include <cstdint>
#include <vector>

namespace a4j {

class MemoryPlan {
 public:
  // Times, both included, from when a buffer is first written to when it is last read.
  struct Life {
    int first, last;

    bool meets(const Life& other) const { return first <= other.last && other.first <= last; }
  };

  // A buffer of so many bytes, to whose address `data` will be set. Between its lives it has no content.
  void add(void** data, int64_t bytes, const std::vector<Life>& lives);

  // Chooses the places, at multiples of kAlignment, and returns how many bytes they take together. The largest
  // buffer comes first, and each takes the lowest place that is free in all of its lives (greedy by size, Pisarchyk
  // and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
  int64_t arrange();

  // Sets all addresses; `memory` has the bytes that arrange() returned.
  void place(void* memory) const;

  static constexpr int64_t kAlignment = 64;

 private:
  struct Buffer {
    void** data;
    int64_t bytes, offset;
    std::vector<Life> lives;

    int64_t end() const { return offset + bytes; }
    bool meets(const Buffer& other) const;
  };

  static int64_t lowest_free(const Buffer& buffer, const std::vector<const Buffer*>& placed);

  std::vector<Buffer> buffers_;
};

}  // namespace a4j
