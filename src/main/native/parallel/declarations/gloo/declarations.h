// What c10d's ProcessGroupGloo.hpp names of gloo. PyTorch's wheel has that header and, inside libtorch_cpu.so,
// gloo itself, but not gloo's headers. We construct, copy and destroy nothing of gloo, and of c10d's classes only
// those whose members are pointers to these; so declarations without gloo's data members are enough.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gloo {

class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};

namespace rendezvous {

class Store {
 public:
  virtual ~Store();
  virtual void set(const std::string& key, const std::vector<char>& data) = 0;
  virtual std::vector<char> get(const std::string& key) = 0;
  virtual void wait(const std::vector<std::string>& keys) = 0;
  virtual void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) = 0;
};

}  // namespace rendezvous

namespace transport {

class Device;

class UnboundBuffer {
 public:
  virtual ~UnboundBuffer() = 0;
};

}  // namespace transport

}  // namespace gloo
