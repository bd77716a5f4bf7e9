// In which pieces a flat gradient is summed over ranks: from its end, where backward begins, as soon as enough of it
// is done.
#pragma once

#include <cstdint>

namespace a4j {

class Buckets {
 public:
  // A backward pass begins.
  void begin(int64_t size) { begun_ = size; }

  // The gradient is done from this offset to where an earlier call began. Calls sum(offset, count) once that is a
  // bucket, and for the rest when all is done.
  template <typename Sum>
  void final_from(int64_t offset, Sum sum) {
    if (begun_ - offset < kBucket && offset > 0) return;
    sum(offset, begun_ - offset);
    begun_ = offset;
  }

 private:
  // 8 MiB: large enough for the network's bandwidth, small enough that the last one, which nothing hides, is short.
  static constexpr int64_t kBucket = 2 << 20;

  int64_t begun_ = 0;  // offset from which on all has been summed
};

}  // namespace a4j
