// In place of libtorch's: what it keeps of graphs' memory pools, which a graph that fails must not leave behind.
#pragma once

#include <c10/core/Allocator.h>
#include <c10/core/Device.h>
#include <c10/util/Exception.h>

#include <set>

namespace c10::cuda::CUDACachingAllocator {

inline std::set<MempoolId_t> pools;         // that a graph holds
inline std::set<MempoolId_t> filled_pools;  // to which allocations go

inline void emptyCache() {}

inline void beginAllocateToPool(DeviceIndex, MempoolId_t pool) {
  pools.insert(pool);
  filled_pools.insert(pool);
}

inline void endAllocateToPool(DeviceIndex, MempoolId_t pool) {
  TORCH_CHECK(filled_pools.erase(pool) == 1, "not currently recording to this pool");
}

inline void releasePool(DeviceIndex, MempoolId_t pool) {
  TORCH_CHECK(pools.erase(pool) == 1, "nobody holds this pool");
}

}  // namespace c10::cuda::CUDACachingAllocator
