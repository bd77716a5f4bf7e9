// Threads that cannot be started, or whose stacks are too small, are refused in a sentence: libgomp would end the
// process. Each case has a process of its own, since limits cannot be raised again.
#include <omp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "check.h"
#include "device/cpu/threads.h"
#include "device/errors.h"

using namespace a4j_test;

namespace {

constexpr int kSkipped = 77;

// The sentence, or empty if the threads have started.
std::string refusal(int threads) {
  try {
    a4j::start_threads(threads);
    return "";
  } catch (const a4j::Unsupported& e) {
    return e.what();
  }
}

void check_starts(int threads) {
  std::string sentence = refusal(threads);
  int team = 0;
#pragma omp parallel
#pragma omp single
  team = omp_get_num_threads();
  check(sentence.empty() && team == threads, std::to_string(threads) + " threads start: " + sentence);
}

void check_refused(int threads, const std::string& words) {
  std::string sentence = refusal(threads);
  check(sentence.find(words) != std::string::npos, "'" + sentence + "' contains '" + words + "'");
}

void limit(__rlimit_resource resource, rlim_t most) {
  rlimit both{most, most};
  check(setrlimit(resource, &both) == 0, "a limit can be set");
}

// Root has no limit on threads, and another user's would count his programs.
void few_threads() {
  if (geteuid() == 0 && setuid(600000 + static_cast<uid_t>(getpid())) != 0) std::exit(kSkipped);
  limit(RLIMIT_NPROC, 10);
  if (geteuid() >= 600000) {
    check_refused(16, "use --threads 6 or fewer, or raise what limits threads");
    check_starts(6);
  } else {
    check_refused(1024, "raise what limits threads");
  }
}

void little_address_space() {
#ifndef __SANITIZE_ADDRESS__  // whose shadow takes terabytes of it
  limit(RLIMIT_AS, rlim_t{8} << 30);
  check_refused(1024, "use --threads ");
#endif
  check_starts(2);
}

void small_stacks() {
  setenv("OMP_STACKSIZE", "16k", 1);
  check_refused(2, "at least 256 KiB for threads, but OMP_STACKSIZE gives 16 KiB");
  setenv("OMP_STACKSIZE", "many", 1);  // libgomp ignores it
  setenv("GOMP_STACKSIZE", " 0064 K", 1);
  check_refused(2, "GOMP_STACKSIZE gives 64 KiB");
  unsetenv("GOMP_STACKSIZE");
  check_starts(2);
}

void absurd_stacks() {
  setenv("OMP_STACKSIZE", "100000G", 1);
  check_refused(2, "with stacks of 104857600000 KiB by OMP_STACKSIZE");
}

void small_default_stacks() {
  limit(RLIMIT_STACK, 64 << 10);
  execl("/proc/self/exe", "threads_test", "small", nullptr);  // the C library takes the limit at its start
}

void in_a_process(void (*body)(), const char* name) {
  pid_t child = fork();
  if (child == 0) {
    body();
    std::exit(failures == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == kSkipped;
  if (skipped) std::printf("SKIPPED: %s: this user cannot become another\n", name);
  check(skipped || (WIFEXITED(status) && WEXITSTATUS(status) == 0), name);
}

}  // namespace

int main(int arguments, char**) {
  if (arguments > 1) {
    check_refused(2, "for threads, but ulimit -s gives ");
    return report("threads_test small");
  }
  in_a_process([] { check_starts(4), check_starts(1), check_starts(3); }, "threads without limits");
  in_a_process(few_threads, "few threads");
  in_a_process(little_address_space, "little address space");
  in_a_process(small_stacks, "small stacks");
  in_a_process(absurd_stacks, "absurd stacks");
  in_a_process(small_default_stacks, "small stacks by default");
  return report("threads_test");
}
