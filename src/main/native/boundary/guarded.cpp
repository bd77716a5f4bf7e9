#include "boundary/guarded.h"

#include <c10/util/Exception.h>

#include <cstring>
#include <new>

#include "parallel/communicator.h"

namespace a4j {

namespace {

// A fixed buffer: reporting that memory is short must not need memory.
thread_local char last_error[512] = "";

a4j_status fail(a4j_status code, const char* sentence) noexcept {
  std::strncpy(last_error, sentence, sizeof last_error - 1);
  return code;
}

bool is_out_of_memory(const c10::Error& e) {
  return std::strstr(e.what_without_backtrace(), "can't allocate memory") != nullptr;
}

}  // namespace

a4j_status record_failure() noexcept {
  try {
    throw;
  } catch (const std::invalid_argument& e) {
    return fail(A4J_INVALID_ARGUMENT, e.what());
  } catch (const Unsupported& e) {
    return fail(A4J_UNSUPPORTED, e.what());
  } catch (const OutOfMemory& e) {
    return fail(A4J_OUT_OF_MEMORY, e.what());
  } catch (const PeerLost& e) {
    return fail(A4J_PEER_LOST, e.what());
  } catch (const std::bad_alloc&) {
    return fail(A4J_OUT_OF_MEMORY, "out of memory in native code; use a smaller batch");
  } catch (const c10::OutOfMemoryError&) {
    return fail(A4J_OUT_OF_MEMORY, "the GPU's memory is too small; use a smaller batch, or end what else uses it");
  } catch (const c10::Error& e) {
    if (is_out_of_memory(e)) return fail(A4J_OUT_OF_MEMORY, "out of memory in libtorch; use a smaller batch");
    return fail(A4J_INTERNAL, e.what_without_backtrace());
  } catch (const std::exception& e) {
    return fail(A4J_INTERNAL, e.what());
  } catch (...) {
    return fail(A4J_INTERNAL, "unknown exception in native code");
  }
}

}  // namespace a4j

const char* a4j_last_error(void) { return a4j::last_error; }
