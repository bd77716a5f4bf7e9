// libtorch's CPU allocator, replaced by one that keeps freed blocks: a training step asks for the
// same sizes again and again, and fresh memory costs page faults and zeroing by the kernel.
#pragma once

#include <cstdint>

namespace a4j {

// Makes it libtorch's allocator; harmless when called again.
void install_caching_allocator();

// Blocks taken from the system since the start: does not grow in the steady state.
int64_t system_allocations();

// Gives unused blocks back to the system.
void release_cached_memory();

}  // namespace a4j
