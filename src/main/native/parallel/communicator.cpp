#include "parallel/communicator.h"

#include <ATen/ops/from_blob.h>
#include <c10/util/Logging.h>

#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

namespace a4j {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPoll{10};
// How often a rank looks whether another has called the roll, how long a roll call takes, and how much longer rank 0
// keeps the store open.
constexpr milliseconds kWatch{500};
constexpr seconds kRollCall{3}, kLinger{1};
// How much later than the time-out libtorch may report it by itself.
constexpr seconds kReport{3};

// Runs the body on a thread of its own, since a store whose process is stopped answers nothing for ever. What the
// body uses must be its own: after the deadline it is left behind. False if it did not end in time.
bool within(seconds deadline, std::function<void()> body) {
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::exception_ptr failure;
  };
  auto state = std::make_shared<State>();
  std::thread([state, body = std::move(body)] {
    std::exception_ptr failure;
    try {
      body();
    } catch (...) {
      failure = std::current_exception();
    }
    std::lock_guard<std::mutex> lock(state->mutex);
    state->failure = failure;
    state->done = true;
    state->changed.notify_all();
  }).detach();
  std::unique_lock<std::mutex> lock(state->mutex);
  if (!state->changed.wait_for(lock, deadline, [&] { return state->done; })) return false;
  if (state->failure) std::rethrow_exception(state->failure);
  return true;
}

// A T of these arguments, which must be its own; null if libtorch, which has this time-out too, overlooks it.
template <typename T, typename... Arguments>
std::unique_ptr<T> made_within(seconds timeout, Arguments... arguments) {
  auto made = std::make_shared<std::unique_ptr<T>>();
  bool in_time = within(timeout + kReport, [=] { *made = std::make_unique<T>(arguments...); });
  return in_time ? std::move(*made) : nullptr;
}

std::string text(seconds time) { return std::to_string(time.count()) + " s"; }

// "rank 1", "ranks 1 and 3", "ranks 1, 2, 3 and 12 more".
std::string names(const std::vector<int>& ranks) {
  constexpr size_t kNamed = 8;
  size_t shown = ranks.size() <= kNamed ? ranks.size() : kNamed - 1;
  std::string list = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < shown; i++) {
    list += (i == 0 ? "" : i + 1 == ranks.size() ? " and " : ", ") + std::to_string(ranks[i]);
  }
  return shown < ranks.size() ? list + " and " + std::to_string(ranks.size() - shown) + " more" : list;
}

// The first line of libtorch's report, without the place in its sources.
std::string brief(const std::string& report) {
  std::string line = report.substr(0, report.find('\n'));
  size_t place = line.rfind("] ");
  return line[0] == '[' && place != std::string::npos ? line.substr(line.find("] ") + 2) : line;
}

bool is_local(const std::string& host) { return host == "localhost" || host.rfind("127.", 0) == 0; }

std::shared_ptr<::gloo::transport::Device> device(const std::string& host) {
  using c10d::ProcessGroupGloo;
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != 0) return ProcessGroupGloo::createDeviceForInterface(interface);
  return is_local(host) ? ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                        : ProcessGroupGloo::createDefaultDevice();
}

// libtorch reports each broken connection with a stack trace; we say in one sentence what it means.
void quieten_libtorch() {
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = c10::GLOG_FATAL;
}

// Gloo tells on standard output, which is the user's, that it is connected. Several communicators of a process may
// connect at once: the last gives the output back.
class QuietOutput {
 public:
  QuietOutput() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (connecting_++ == 0) before_ = std::cout.rdbuf(nullptr);
  }

  ~QuietOutput() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (--connecting_ > 0) return;
    std::cout.rdbuf(before_);
    std::cout.clear();
  }

 private:
  static inline std::mutex mutex_;
  static inline int connecting_ = 0;
  static inline std::streambuf* before_ = nullptr;
};

}  // namespace

// The ranks' common key-value store, with one key a rank for each thing they tell each other.
class Communicator::Store {
 public:
  explicit Store(const Rendezvous& r) : rank_(r.rank) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(r.port);
    options.isServer = r.rank == 0 && !r.external_store;
    options.waitWorkers = false;
    options.timeout = r.timeout;
    options.useLibUV = false;  // absent from JavaCPP's build
    auto tcp = c10::make_intrusive<c10d::TCPStore>(r.host, options);
    store_ = c10::make_intrusive<c10d::PrefixStore>("affect4j/" + r.attempt, tcp);
  }

  c10::intrusive_ptr<c10d::Store> under(const std::string& prefix) const {
    return c10::make_intrusive<c10d::PrefixStore>(prefix, store_);
  }

  // This rank's word on `what`.
  void say(const std::string& what, const std::string& word) { store_->set(key(what, rank_), word); }
  bool has_said(const std::string& what, int rank) { return store_->check({key(what, rank)}); }
  std::string word(const std::string& what, int rank) { return store_->get_to_str(key(what, rank)); }

  // Counts this rank in, and how many are.
  int64_t count(const std::string& what, int64_t more) { return store_->add(what, more); }

  std::vector<int> silent(const std::string& what, int world) {
    std::vector<int> ranks;
    for (int rank = 0; rank < world; rank++) {
      if (!has_said(what, rank)) ranks.push_back(rank);
    }
    return ranks;
  }

  // A thing that is said once, by whoever comes first, such as a reason for all ranks to stop.
  void announce(const std::string& what, const std::string& word) { store_->compareSet(what, "", word); }
  bool announced(const std::string& what) { return store_->check({what}); }
  std::string announcement(const std::string& what) { return store_->get_to_str(what); }

  // Waits until all ranks have counted themselves in, but not for long: called before the store closes.
  void wait_for_all(const std::string& what, int world) {
    for (auto end = Clock::now() + kRollCall; Clock::now() < end && count(what, 0) < world;) {
      std::this_thread::sleep_for(kPoll);
    }
  }

 private:
  static std::string key(const std::string& what, int rank) { return what + "/" + std::to_string(rank); }

  int rank_;
  c10::intrusive_ptr<c10d::Store> store_;
};

// Connections between all ranks, for operations that run in the order of their calls.
class Communicator::Group {
 public:
  Group(const Rendezvous& r, c10::intrusive_ptr<c10d::Store> store) {
    auto options = c10d::ProcessGroupGloo::Options::create(r.timeout);
    options->threads = 1;
    options->devices = {device(r.host)};
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, r.rank, r.world, options);
  }

  c10::intrusive_ptr<c10d::Work> sum(const at::Tensor& values) {
    std::vector<at::Tensor> tensors{values};
    return group_->allreduce(tensors);
  }

  c10::intrusive_ptr<c10d::Work> broadcast(const at::Tensor& values) {
    std::vector<at::Tensor> tensors{values};
    return group_->broadcast(tensors);
  }

  // Leaves the connections alone: closing them would wait for operations with ranks that do not answer.
  void abandon() { group_.release(); }

 private:
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

// Answers roll calls while the rank itself is busy, or waits for another.
class Communicator::Watch {
 public:
  static constexpr const char* kBusy = "busy";
  static constexpr const char* kWaiting = "waiting";

  explicit Watch(std::shared_ptr<Store> store) : state_(std::make_shared<State>()) {
    std::thread([state = state_, store] {
      std::unique_lock<std::mutex> lock(state->mutex);
      while (!state->changed.wait_for(lock, kWatch, [&] { return state->over; })) {
        lock.unlock();
        try {
          if (store->announced("roll call")) store->say("alive", state->waits ? kWaiting : kBusy);
        } catch (const std::exception&) {
          return;  // the store is gone: the rank itself will notice
        }
        lock.lock();
      }
    }).detach();
  }

  ~Watch() {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->over = true;
    state_->changed.notify_all();
  }

  void waits(bool now) { state_->waits = now; }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool over = false;
    std::atomic<bool> waits{false};
  };
  std::shared_ptr<State> state_;
};

Communicator::Communicator(const Rendezvous& rendezvous) : rendezvous_(rendezvous) {
  quieten_libtorch();
  join();
  agree("WORLD_SIZE", std::to_string(world()));
  watch_ = std::make_unique<Watch>(store_);
  together([&] {
    QuietOutput quiet;
    small_ = connect("small");
    large_ = connect("large");
  });
}

// Rank 0 is the last to leave: the store goes with it.
Communicator::~Communicator() {
  if (!loss_.empty()) return;
  watch_.reset();
  try {
    within(2 * kRollCall, [store = store_, me = rank(), all = world()] {
      store->count("left", 1);
      if (me == 0) store->wait_for_all("left", all);
    });
  } catch (const std::exception&) {
    // The store was not ours and is closed already.
  }
}

void Communicator::join() {
  std::string place = rendezvous_.host + ":" + std::to_string(rendezvous_.port);
  std::string none = "rank " + std::to_string(rank()) + " found no store at " + place + " within " +
                     text(rendezvous_.timeout);
  try {
    store_ = made_within<Store>(rendezvous_.timeout, rendezvous_);
  } catch (const std::exception& e) {
    if (rank() == 0 && !rendezvous_.external_store) {
      throw PeerLost("rank 0 cannot open the ranks' store at " + place + " (" + brief(e.what()) +
                     "); choose another MASTER_PORT");
    }
    throw PeerLost(none + "; see that rank 0 runs, and check MASTER_ADDR and MASTER_PORT");
  }
  if (store_ == nullptr) {
    throw PeerLost(none + ": what listens there does not answer; see that rank 0 is not stopped, and that no other " +
                   "service has MASTER_PORT");
  }
}

std::unique_ptr<Communicator::Group> Communicator::connect(const std::string& name) {
  auto group = made_within<Group>(rendezvous_.timeout, rendezvous_, store_->under(name));
  if (group == nullptr) throw std::runtime_error("Timed out");
  return group;
}

void Communicator::require_same(const std::string& what, const std::string& value) { agree(what, value); }

// Rank 0's value is the measure. A rank with another refuses for all; one with the same counts itself in.
void Communicator::agree(const std::string& what, const std::string& value) {
  auto store = store_;
  auto agreed = std::make_shared<std::atomic<bool>>(false);
  auto ask = [=, me = rank(), all = world(), end = Clock::now() + rendezvous_.timeout] {
    if (what == "WORLD_SIZE" && store->count("rank " + std::to_string(me), 1) > 1) {
      store->announce("refusal", "two processes have RANK " + std::to_string(me) +
                                     "; give each its own, from 0 to WORLD_SIZE - 1");
    }
    store->say(what, value);
    for (bool counted = false; !*agreed && Clock::now() < end; std::this_thread::sleep_for(kPoll)) {
      if (store->announced("refusal")) refused(*store, me, all);
      if (!counted && store->has_said(what, 0)) {
        std::string expected = store->word(what, 0);
        counted = expected == value;
        if (counted) {
          store->count(what, 1);
        } else {
          store->announce("refusal", "rank " + std::to_string(me) + " has " + what + " " + value + ", but rank 0 has " +
                                         expected + "; start all ranks with the same");
        }
      }
      *agreed = counted && store->count(what, 0) >= all;
    }
  };
  try {
    within(rendezvous_.timeout, ask);
  } catch (const std::invalid_argument&) {
    throw;
  } catch (const std::exception&) {
    throw PeerLost("rank 0, which keeps the ranks' store, ended before training");
  }
  if (!*agreed) throw PeerLost(missing(what));
}

// Rank 0 goes when all ranks have read why.
void Communicator::refused(Store& store, int rank, int world) {
  std::string why = store.announcement("refusal");
  store.count("told", 1);
  if (rank == 0) store.wait_for_all("told", world);
  throw std::invalid_argument(why);
}

std::string Communicator::missing(const std::string& what) const {
  auto ranks = std::make_shared<std::vector<int>>();
  auto store = store_;
  int all = world();
  bool answered = false;
  try {
    answered = within(kRollCall, [=] { *ranks = store->silent(what, all); });
  } catch (const std::exception&) {
    // The store is gone, and rank 0 with it.
  }
  if (rank() == 0) std::this_thread::sleep_for(kRollCall);  // the others, who began to wait later, ask the same
  if (!answered) return "rank 0, which keeps the ranks' store, does not answer";
  if (ranks->empty()) return "the ranks did not agree on " + what + " within " + text(rendezvous_.timeout);
  return names(*ranks) + " of " + std::to_string(all) + " did not come within " + text(rendezvous_.timeout) +
         "; see that each was started, and that WORLD_SIZE is right";
}

// Calls the roll. Who does not answer is lost; and, where the cause is a time-out, who does not wait like this rank.
void Communicator::lost(const std::string& cause) {
  watch_.release();
  for (Group* group : {small_.get(), large_.get()}) {
    if (group != nullptr) group->abandon();
  }
  bool timed_out = cause.find("imed out") != std::string::npos || cause.find("wait timeout") != std::string::npos;
  std::vector<int> absent = call_roll(timed_out);
  if (rank() == 0) std::this_thread::sleep_for(kLinger);
  std::string who = absent.empty() ? "a connection between the ranks" : names(absent);
  loss_ = who + " was lost: " + (timed_out ? "no part taken within " + text(rendezvous_.timeout) : "ended") + " (" +
          cause + ")";
  throw PeerLost(loss_);
}

std::vector<int> Communicator::call_roll(bool must_wait) {
  struct Roll {
    std::mutex mutex;
    std::vector<int> absent;
  };
  auto roll = std::make_shared<Roll>();
  if (rank() != 0) roll->absent = {0};  // until its store has answered
  auto call = [=, store = store_, all = world(), end = Clock::now() + kRollCall] {
    store->announce("roll call", "now");
    store->say("alive", Watch::kWaiting);
    for (bool complete = false; !complete && Clock::now() < end; std::this_thread::sleep_for(kPoll)) {
      std::vector<int> absent = store->silent("alive", all);
      complete = absent.empty();
      if (must_wait) {
        for (int rank = 0; rank < all; rank++) {
          if (store->has_said("alive", rank) && store->word("alive", rank) == Watch::kBusy) absent.push_back(rank);
        }
      }
      std::lock_guard<std::mutex> lock(roll->mutex);
      roll->absent = absent;
    }
  };
  try {
    within(kRollCall, call);
  } catch (const std::exception&) {
    // The store is gone: what was heard last counts.
  }
  std::lock_guard<std::mutex> lock(roll->mutex);
  return roll->absent;
}

template <typename Body>
void Communicator::together(Body body) {
  if (!loss_.empty()) throw PeerLost(loss_);
  watch_->waits(true);
  try {
    body();
  } catch (const std::exception& e) {
    lost(brief(e.what()));
  }
  watch_->waits(false);
}

void Communicator::broadcast(void* data, int64_t bytes) {
  together([&] { small_->broadcast(at::from_blob(data, {bytes}, at::kByte))->wait(); });
}

void Communicator::sum(double* values, int count) { sum(at::from_blob(values, {count}, at::kDouble)); }

void Communicator::sum(const at::Tensor& values) {
  together([&] { small_->sum(values)->wait(); });
}

void Communicator::await(const std::function<bool()>& done) {
  together([&] {
    for (auto end = Clock::now() + rendezvous_.timeout; !done(); std::this_thread::yield()) {
      if (Clock::now() > end) throw std::runtime_error("Timed out");
    }
  });
}

std::function<void()> Communicator::begin_sum(const at::Tensor& values) {
  std::function<void()> wait;
  together([&] {
    auto work = large_->sum(values);
    wait = [this, work] { together([&] { work->wait(); }); };
  });
  return wait;
}

}  // namespace a4j
