// The processes ("ranks") that train one model together, and what they do together: libtorch's c10d, on CPUs with
// gloo. All ranks call the same operations in the same order. Where a rank does not take part in time, or has ended,
// the others get PeerLost with its number instead of waiting for ever.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace a4j {

// Other ranks are gone. Training may go on from the last checkpoint, in new processes.
struct PeerLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Where and as what a process joins the others, as torchrun's environment variables tell it.
struct Rendezvous {
  std::string host;     // MASTER_ADDR
  int port;             // MASTER_PORT
  bool external_store;  // the store at host:port is the launcher's; else rank 0 opens it
  std::string attempt;  // tells the ranks of a restart from those before
  int rank, world;
  std::chrono::seconds timeout;  // longest wait for another rank
};

class Communicator {
 public:
  // Returns when all ranks are there. Throws std::invalid_argument if they disagree on the world size or two have
  // the same rank.
  explicit Communicator(const Rendezvous& rendezvous);
  ~Communicator();

  int rank() const { return rendezvous_.rank; }
  int world() const { return rendezvous_.world; }

  // Throws std::invalid_argument on all ranks unless all have the same value. what: such as "data set".
  void require_same(const std::string& what, const std::string& value);

  // Rank 0's bytes to all.
  void broadcast(void* data, int64_t bytes);

  // Sums over all ranks, the same bits on each; for a given number of ranks always the same.
  void sum(double* values, int count);
  void sum(const at::Tensor& values);

  // Waits until `done`, which may throw to say that the connection is gone, but not longer than for another rank.
  void await(const std::function<bool()>& done);

  // Begins a sum and returns the wait for its end; meanwhile the values must be left alone.
  std::function<void()> begin_sum(const at::Tensor& values);

 private:
  class Group;
  class Store;
  class Watch;

  void join();
  std::unique_ptr<Group> connect(const std::string& name);
  void agree(const std::string& what, const std::string& value);
  std::string missing(const std::string& what) const;
  [[noreturn]] static void refused(Store& store, int rank, int world);
  [[noreturn]] void lost(const std::string& cause);
  std::vector<int> call_roll(bool must_wait);
  template <typename Body>
  void together(Body body);

  Rendezvous rendezvous_;
  std::shared_ptr<Store> store_;
  // Small sums must not queue behind the gradient's.
  std::unique_ptr<Group> small_, large_;
  std::unique_ptr<Watch> watch_;
  std::string loss_;  // who was lost, and why: nothing is done together any more
};

}  // namespace a4j
