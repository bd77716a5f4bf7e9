// OpenMP's threads, started where it can still be told that they cannot be.
#pragma once

namespace a4j {

// Makes this thread's parallel regions have `threads` threads, and starts them. libgomp would end the process where a
// thread cannot be started, and threads of too small a stack would crash it.
// Throws Unsupported, which says what to do.
void start_threads(int threads);

}  // namespace a4j
