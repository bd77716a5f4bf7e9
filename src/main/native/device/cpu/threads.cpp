#include "device/cpu/threads.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "device/errors.h"

namespace a4j {

namespace {

// What Java starts later must find room too: threads for batches, progress, a signal and what follows it.
constexpr int kSpare = 4;

constexpr size_t kLeastStack = 256 << 10;

struct Stack {
  size_t bytes;
  std::string origin;
};

// As libgomp reads it: KiB, or the unit that follows. 0: it is absent, or libgomp ignores it.
size_t bytes_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return 0;
  char* unit = nullptr;
  unsigned long long number = std::strtoull(text, &unit, 10);
  while (std::isspace(static_cast<unsigned char>(*unit))) unit++;
  static const std::string units = "bkmg";
  size_t power = *unit == '\0' ? 1 : units.find(static_cast<char>(std::tolower(*unit)));
  return power == std::string::npos ? 0 : number << 10 * power;
}

Stack worker_stack() {
  for (const char* variable : {"OMP_STACKSIZE", "GOMP_STACKSIZE"}) {
    size_t bytes = bytes_of(variable);
    if (bytes >= static_cast<size_t>(PTHREAD_STACK_MIN)) return {bytes, variable};
  }
  pthread_attr_t attributes;
  size_t bytes = 0;
  pthread_attr_init(&attributes);
  pthread_attr_getstacksize(&attributes, &bytes);
  pthread_attr_destroy(&attributes);
  return {bytes, "ulimit -s"};
}

// A thread that stays until the gate opens.
struct Probe {
  std::mutex* gate;
  pthread_t thread;
  pid_t id;
};

void* pass(void* probe) {
  auto* self = static_cast<Probe*>(probe);
  self->id = static_cast<pid_t>(syscall(SYS_gettid));
  std::lock_guard<std::mutex> through(*self->gate);
  return nullptr;
}

// A thread that was joined is counted by the kernel for some microseconds more.
void await_end(pid_t thread) {
  for (int i = 0; i < 10000 && syscall(SYS_tgkill, getpid(), thread, 0) == 0; i++) usleep(100);
}

// How many of the threads can live at once.
int startable(int wanted, size_t stack) {
  std::mutex gate;
  std::unique_lock<std::mutex> closed(gate);
  std::vector<Probe> probes(wanted, Probe{&gate, {}, 0});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  int started = 0;
  while (started < wanted && pthread_create(&probes[started].thread, &attributes, pass, &probes[started]) == 0)
    started++;
  pthread_attr_destroy(&attributes);
  closed.unlock();
  for (int i = 0; i < started; i++) pthread_join(probes[i].thread, nullptr);
  for (int i = 0; i < started; i++) await_end(probes[i].id);
  return started;
}

std::string kib(size_t bytes) { return std::to_string(bytes >> 10) + " KiB"; }

std::string too_many(int threads, int fit, const Stack& stack) {
  return "the " + std::to_string(threads) + " threads cannot all be started, with stacks of " + kib(stack.bytes) +
         " by " + stack.origin + "; " + (fit > 0 ? "use --threads " + std::to_string(fit) + " or fewer, or " : "") +
         "raise what limits threads (ulimit -u, a container's pids.max) or address space (ulimit -v)";
}

}  // namespace

void start_threads(int threads) {
  Stack stack = worker_stack();
  if (stack.bytes < kLeastStack) {
    throw Unsupported("expected stacks of at least " + kib(kLeastStack) + " for threads, but " + stack.origin +
                      " gives " + kib(stack.bytes) + "; raise or unset it");
  }
  int wanted = threads - 1 + kSpare, started = startable(wanted, stack.bytes);
  if (started < wanted) throw Unsupported(too_many(threads, started - kSpare + 1, stack));
  omp_set_num_threads(threads);
#pragma omp parallel
  {}
}

}  // namespace a4j
