// Two ranks of a test, as processes of this machine.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "free_port.h"

namespace a4j_test {

// Calls body(rank, port) in a process for each rank. Before anything starts threads, which a fork has not.
template <typename Body>
void two_ranks(const char* test, Body body) {
  int port = free_port();
  check(port > 0, "a free port");
  pid_t ranks[2];
  for (int rank : {0, 1}) {
    ranks[rank] = fork();
    if (ranks[rank] != 0) continue;
    body(rank, port);
    int failed = report((std::string(test) + ", rank " + std::to_string(rank)).c_str());
    std::fflush(nullptr);
    _exit(failed);
  }
  for (pid_t rank : ranks) {
    int status = -1;
    waitpid(rank, &status, 0);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a rank finds nothing wrong");
  }
}

}  // namespace a4j_test
