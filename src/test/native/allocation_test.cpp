// A training step and a prediction allocate nothing once their buffers are there. This program brings its
// own malloc and kin, which count, for libtorch, OpenMP and operator new, too. glibc only; a sanitizer
// brings its own malloc, so this test is not among the sanitized ones.
#include <execinfo.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "affect4j.h"
#include "check.h"

extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* old, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);
}

namespace {

std::atomic<bool> counting{false};
std::atomic<bool> tracing{false};
std::atomic<int64_t> allocations{0};
std::atomic<size_t> most{SIZE_MAX};  // bytes that there are for one allocation

// The first one counted shows where it comes from, when tracing.
void count_allocation() {
  if (!counting || allocations++ > 0 || !tracing) return;
  counting = false;
  void* frames[32];
  backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
  counting = true;
}

}  // namespace

#define A4J_REPLACES extern "C" __attribute__((visibility("default")))

A4J_REPLACES void* malloc(size_t bytes) {
  count_allocation();
  return __libc_malloc(bytes);
}

A4J_REPLACES void* calloc(size_t count, size_t bytes) {
  count_allocation();
  return __libc_calloc(count, bytes);
}

A4J_REPLACES void* realloc(void* old, size_t bytes) {
  count_allocation();
  return __libc_realloc(old, bytes);
}

A4J_REPLACES void* memalign(size_t alignment, size_t bytes) {
  count_allocation();
  return __libc_memalign(alignment, bytes);
}

A4J_REPLACES void* aligned_alloc(size_t alignment, size_t bytes) {
  if (bytes > most) return nullptr;
  count_allocation();
  return __libc_memalign(alignment, bytes);
}

A4J_REPLACES int posix_memalign(void** out, size_t alignment, size_t bytes) {
  count_allocation();
  *out = __libc_memalign(alignment, bytes);
  return *out == nullptr ? ENOMEM : 0;
}

namespace {

using namespace a4j_test;

constexpr int kRows = 4;
constexpr int kSize = 40;

template <typename Body>
int64_t allocations_of(Body body) {
  allocations = 0;
  counting = true;
  body();
  counting = false;
  return allocations;
}

void ok(a4j_status status) { check(status == A4J_OK, a4j_last_error()); }

template <typename T>
T* buffer(a4j_batch* batch, int32_t which) {
  void* data = nullptr;
  int64_t bytes = 0;
  ok(a4j_batch_buffer(batch, which, &data, &bytes));
  return static_cast<T*>(data);
}

a4j_batch* new_batch() {
  a4j_batch* batch = nullptr;
  ok(a4j_batch_new(kRows, kSize, kSize, &batch));
  auto* images = buffer<uint8_t>(batch, A4J_BATCH_IMAGES);
  for (int i = 0; i < kRows * kSize * kSize * 3; i++) images[i] = static_cast<uint8_t>(i * 31);
  for (int row = 0; row < kRows; row++) {
    const float crop[5] = {0, 0, kSize, kSize, 0};
    std::copy(crop, crop + 5, buffer<float>(batch, A4J_BATCH_CROPS) + 5 * row);
    buffer<float>(batch, A4J_BATCH_VA)[2 * row] = 0.2f * static_cast<float>(row);
    buffer<int8_t>(batch, A4J_BATCH_EXPRESSION)[row] = static_cast<int8_t>(row);
  }
  return batch;
}

// An allocation the counter misses would let everything pass.
void counts_what_is_allocated() {
  int64_t found = allocations_of([] { ::operator delete(::operator new(100)); });
  check(found >= 1, "operator new is counted");
}

void steady_state(int32_t dtype) {
  const float weights[A4J_EXPRESSIONS] = {1, 1, 1, 1, 1, 1, 1, 1};
  std::string what = dtype == A4J_FP32 ? "fp32" : "bf16";
  a4j_batch* batch = new_batch();
  a4j_model* model = nullptr;
  a4j_trainer* trainer = nullptr;
  ok(a4j_model_new(7, dtype, -1, 1, &model));
  ok(a4j_trainer_new(model, weights, 1, 0, 0.9f, 0.999f, 1e-8f, 1e-4f, &trainer));
  auto step = [&] {
    double values[A4J_LOSS_VALUES];
    ok(a4j_trainer_step(trainer, batch, kRows, 1e-4f));
    ok(a4j_trainer_read(trainer, values));
  };
  auto predict = [&] { ok(a4j_model_predict(model, batch, kRows)); };
  step();
  step();
  int64_t found = allocations_of([&] { step(), step(); });
  check(found == 0, what + ": two steps made " + std::to_string(found) + " allocations");
  predict();
  found = allocations_of([&] { predict(), predict(); });
  check(found == 0, what + ": two predictions made " + std::to_string(found) + " allocations");
  a4j_trainer_free(trainer);
  a4j_model_free(model);
  a4j_batch_free(batch);
}

// After a batch for which memory was too short, a smaller one and the same again have buffers that suffice.
void shortage(int32_t dtype) {
  const float weights[A4J_EXPRESSIONS] = {1, 1, 1, 1, 1, 1, 1, 1};
  a4j_batch* batch = new_batch();
  a4j_model* model = nullptr;
  a4j_trainer* trainer = nullptr;
  ok(a4j_model_new(7, dtype, -1, 1, &model));
  ok(a4j_trainer_new(model, weights, 1, 0, 0.9f, 0.999f, 1e-8f, 1e-4f, &trainer));
  auto steps = [&](int rows) { return a4j_trainer_step(trainer, batch, rows, 0); };
  auto predicts = [&](int rows) { return a4j_model_predict(model, batch, rows); };
  ok(predicts(1));
  ok(steps(2));
  most = 16 << 10;
  check(predicts(kRows) == A4J_OUT_OF_MEMORY, "a prediction without memory");
  check(steps(kRows) == A4J_OUT_OF_MEMORY, "a step without memory");
  check(steps(kRows) == A4J_OUT_OF_MEMORY, "a step without memory, again");
  most = SIZE_MAX;
  ok(steps(kRows));
  ok(predicts(kRows - 1));
  std::vector<float> logits(buffer<float>(batch, A4J_BATCH_LOGITS),
                            buffer<float>(batch, A4J_BATCH_LOGITS) + A4J_OUTPUTS);
  ok(predicts(1));
  check(std::equal(logits.begin(), logits.end(), buffer<float>(batch, A4J_BATCH_LOGITS)), "logits after a shortage");
  a4j_trainer_free(trainer);
  a4j_model_free(model);
  a4j_batch_free(batch);
}

}  // namespace

int main() {
  void* frame;
  backtrace(&frame, 1);  // its first call allocates
  ok(a4j_threads_set(2));
  counts_what_is_allocated();
  tracing = true;
  steady_state(A4J_FP32);
  steady_state(A4J_BF16);
  shortage(A4J_FP32);
  shortage(A4J_BF16);
  return report("allocation_test");
}
