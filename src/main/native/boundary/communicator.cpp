#include <ATen/ops/from_blob.h>

#include "boundary/handles.h"

using namespace a4j;

a4j_status a4j_communicator_new(const char* host, int32_t port, int32_t external_store, const char* attempt,
                                int32_t rank, int32_t world, int32_t timeout_seconds, a4j_communicator** out) {
  return guarded([&] {
    require(port >= 1 && port <= 65535, "the port must be 1..65535, not " + std::to_string(port));
    require(world >= 2, "the world size must be at least 2, not " + std::to_string(world));
    require(rank >= 0 && rank < world,
            "the rank must be 0.." + std::to_string(world - 1) + ", not " + std::to_string(rank));
    require(timeout_seconds >= 1, "the time-out must be at least 1 s");
    Rendezvous rendezvous{host, port, external_store != 0, attempt, rank, world, std::chrono::seconds(timeout_seconds)};
    *out = new a4j_communicator(rendezvous);
  });
}

void a4j_communicator_free(a4j_communicator* communicator) { delete communicator; }

a4j_status a4j_communicator_require_same(a4j_communicator* communicator, const char* what, const char* value) {
  return guarded([&] {
    require_handle(communicator);
    communicator->require_same(what, value);
  });
}

a4j_status a4j_communicator_broadcast(a4j_communicator* communicator, void* data, int64_t bytes) {
  return guarded([&] {
    require_handle(communicator);
    require(bytes >= 0, "the bytes must be at least 0");
    communicator->broadcast(data, bytes);
  });
}

a4j_status a4j_communicator_sum(a4j_communicator* communicator, float* values, int64_t count) {
  return guarded([&] {
    require_handle(communicator);
    require(count >= 0, "the count must be at least 0");
    communicator->sum(at::from_blob(values, {count}, at::kFloat));
  });
}
