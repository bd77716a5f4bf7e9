// Where the time of a training step goes: one entry an operation, in the order of the step.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace a4j {

class Profile {
 public:
  struct Entry {
    std::string layer;      // torchvision's module name
    const char* operation;  // such as "forward"
    double seconds;
    double flops;  // floating-point operations, a multiply-add counted as two
    double bytes;  // of activations read and written, each once
  };

  // Runs the body, and times it if the profile is on.
  template <typename Body>
  void measure(const std::string& layer, const char* operation, double flops, double bytes, Body body) {
    if (!on) return body();
    auto start = std::chrono::steady_clock::now();
    body();
    std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    entries.push_back({layer, operation, taken.count(), flops, bytes});
  }

  bool on = false;
  std::vector<Entry> entries;  // of the last step
};

}  // namespace a4j
