// Two and three processes that share a batch out, against one process that has it whole; and what they say when one
// of them differs, is missing, ends or stops. Each rank is a fork of this test: nothing may start threads before.
#include "train/trainer.h"

#include <ATen/Parallel.h>
#include <signal.h>
#include <sys/wait.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <thread>

#include "check.h"
#include "free_port.h"
#include "parallel/communicator.h"

using namespace a4j_test;

namespace {

constexpr int kSize = 48;
constexpr int kTasks = A4J_TASK_VA | A4J_TASK_EXPR | A4J_TASK_AU;
const a4j::LossOptions kLoss{
    {3.7807f, 19.9001f, 28.6127f, 29.0343f, 4.9983f, 11.9129f, 17.3384f, 3.6474f}, 1, false};
const a4j::AdamOptions kAdam{0.9f, 0.999f, 1e-8f, 1e-4f};

using Report = std::vector<float>;

// A process that runs `body` and sends what it returns; an exception's sentence comes back as `failure`.
class Rank {
 public:
  explicit Rank(const std::function<Report()>& body) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    reader_ = ends[0];
    pid = fork();
    if (pid > 0) {
      close(ends[1]);
      return;
    }
    close(ends[0]);
    std::string bytes;
    try {
      Report values = body();
      bytes.assign(1, '+').append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    } catch (const a4j::PeerLost& e) {
      bytes = std::string("lost: ") + e.what();
    } catch (const std::exception& e) {
      bytes = std::string("refused: ") + e.what();
    }
    for (size_t sent = 0; sent < bytes.size();) sent += write(ends[1], bytes.data() + sent, bytes.size() - sent);
    _exit(0);
  }

  void finish() {
    std::string bytes;
    char chunk[1 << 16];
    for (ssize_t n; (n = read(reader_, chunk, sizeof chunk)) > 0;) bytes.append(chunk, n);
    close(reader_);
    waitpid(pid, nullptr, 0);
    if (bytes.empty() || bytes[0] != '+') {
      failure = bytes;
      return;
    }
    values.resize((bytes.size() - 1) / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), bytes.data() + 1, bytes.size() - 1);
  }

  pid_t pid;
  Report values;
  std::string failure;

 private:
  int reader_;
};

a4j::Rendezvous rendezvous(int port, int rank, int world, int seconds = 600) {
  return {"127.0.0.1", port, false, "0", rank, world, std::chrono::seconds(seconds)};
}

std::vector<Rank> together(int world, const std::function<Report(int rank, int port)>& body) {
  std::vector<Rank> ranks;
  int port = free_port();
  for (int rank = 0; rank < world; rank++) ranks.emplace_back([&, rank] { return body(rank, port); });
  for (Rank& rank : ranks) rank.finish();
  return ranks;
}

enum class LabelsOn { kAllRows, kFirstRows };

// Row `i` of the batch, whichever rank has it.
void fill(a4j::Batch& batch, int at, int i, bool labelled) {
  Random random(100 + i);
  auto* image = static_cast<uint8_t*>(batch.buffers[A4J_BATCH_IMAGES]) + at * kSize * kSize * 3;
  for (int p = 0; p < kSize * kSize * 3; p++) image[p] = static_cast<uint8_t>(random());
  const float crop[5] = {float(i % 3), 0, float(kSize - i % 3), float(kSize), float(i % 2)};
  std::copy(crop, crop + 5, static_cast<float*>(batch.buffers[A4J_BATCH_CROPS]) + 5 * at);
  auto* va = static_cast<float*>(batch.buffers[A4J_BATCH_VA]) + 2 * at;
  va[0] = labelled ? 0.3f * static_cast<float>(i % 5) - 0.6f : -5;
  va[1] = labelled ? 0.8f - 0.4f * static_cast<float>(i % 4) : -5;
  static_cast<int8_t*>(batch.buffers[A4J_BATCH_EXPRESSION])[at] = static_cast<int8_t>(labelled ? i % 9 - 1 : -1);
  auto* units = static_cast<int8_t*>(batch.buffers[A4J_BATCH_ACTION_UNITS]) + 12 * at;
  for (int u = 0; u < 12; u++) units[u] = static_cast<int8_t>(labelled ? (i + u) % 3 - 1 : -1);
}

// A network whose gradient is continuous around its weights, as rounding is told from error only there: small
// weights and large biases of the batch norms keep the inputs of all ReLUs far from 0. (With random weights, the
// sums of other shares flip some ReLU, and each flip shows.) Drawn once, on one thread, before any fork.
a4j::Model& model() {
  static a4j::Model model(kTasks, at::kFloat, 11);
  return model;
}

void tame(const a4j::ConvNorm& unit, double weight, double bias) {
  if (unit.out == 0) return;
  model().tensor(unit.weight + 1).fill_(weight);
  model().tensor(unit.weight + 2).fill_(bias);
}

void tame_model() {
  tame(model().layout().stem, 0.2, 1.5);
  for (const a4j::Bottleneck& block : model().layout().blocks) {
    tame(block.conv1, 0.2, 1.5);
    tame(block.conv2, 0.2, 1.5);
    tame(block.conv3, 0.05, 0);
    tame(block.downsample, 0.2, 1.5);
  }
}

// Losses, gradient and running statistics of one step on rows [begin, end) of the batch; losses of the next step, and
// weights after it.
Report train(a4j::Communicator* communicator, bool sync, int begin, int end, int labelled_rows) {
  a4j::Model& network = model();
  // Other weights on other ranks: joining makes them the same.
  if (communicator != nullptr && communicator->rank() > 0) network.parameters().add_(0.01);
  a4j::Trainer trainer(network, kLoss, kAdam);
  if (communicator != nullptr) trainer.join(*communicator, sync);
  a4j::Batch batch(end - begin, kSize, kSize);
  for (int i = begin; i < end; i++) fill(batch, i - begin, i, i < labelled_rows);
  Report report;
  auto add = [&](const at::Tensor& t) {
    report.insert(report.end(), t.data_ptr<float>(), t.data_ptr<float>() + t.numel());
  };
  for (int step = 0; step < 2; step++) {
    trainer.step(batch, end - begin, 1e-4f);
    for (int i = 0; i < A4J_LOSS_VALUES; i++) report.push_back(static_cast<float>(trainer.values()[i]));
    if (step > 0) continue;
    add(trainer.state(A4J_GRADIENT));
    add(network.statistics());
  }
  add(network.parameters());
  return report;
}

Report alone(int rows, int labelled_rows) {
  Rank rank([&] { return train(nullptr, false, 0, rows, labelled_rows); });
  rank.finish();
  return rank.values;
}

struct Parts {
  explicit Parts(const Report& all) {
    a4j::Layout layout(kTasks);
    auto next = all.begin();
    for (auto [part, size] : {std::pair(&losses, int64_t{A4J_LOSS_VALUES}), {&gradient, layout.parameter_count},
                              {&statistics, layout.statistic_count}, {&second, int64_t{A4J_LOSS_VALUES}},
                              {&weights, layout.parameter_count}}) {
      part->assign(next, next + size);
      next += size;
    }
  }
  Report losses, gradient, statistics, second, weights;
};

std::vector<Rank> ranks_of(int world, bool sync, int rows, int labelled_rows) {
  return together(world, [=](int rank, int port) {
    a4j::Communicator communicator(rendezvous(port, rank, world));
    return train(&communicator, sync, rows * rank / world, rows * (rank + 1) / world, labelled_rows);
  });
}

double relative(const Report& ours, const Report& reference) {
  return error(ours.data(), reference.data(), static_cast<int64_t>(reference.size()));
}

// Ranks agree to the bit; where batch norm is not synchronised, each has its own running statistics.
void same_on_all(const std::vector<Rank>& ranks, bool sync, const std::string& what) {
  for (size_t rank = 0; rank < ranks.size(); rank++) {
    check(ranks[rank].failure.empty(), what + ", rank " + std::to_string(rank) + ": " + ranks[rank].failure);
    if (!ranks[rank].failure.empty()) std::exit(report("parallel_test"));
    Parts first(ranks[0].values), other(ranks[rank].values);
    check(same_bits(first.losses, other.losses) && same_bits(first.second, other.second),
          what + ": same losses on all ranks");
    check(same_bits(first.gradient, other.gradient), what + ": same gradient on all ranks");
    check(same_bits(first.weights, other.weights), what + ": same weights on all ranks");
    if (sync) check(same_bits(first.statistics, other.statistics), what + ": same statistics on all ranks");
  }
}

// With synchronised batch norm, shares of a batch are the batch.
void equals_one_process(int world, int rows, int labelled_rows) {
  std::string what = std::to_string(world) + " ranks, " + std::to_string(rows) + " rows, " +
                     std::to_string(labelled_rows) + " labelled";
  std::vector<Rank> ranks = ranks_of(world, /*sync=*/true, rows, labelled_rows);
  same_on_all(ranks, true, what);
  Parts ours(ranks[0].values), one(alone(rows, labelled_rows));
  check_error(relative(ours.losses, one.losses), 1e-6, what + ", losses");
  check_error(relative(ours.gradient, one.gradient), 1e-5, what + ", gradient");
  check_error(relative(ours.second, one.second), 1e-4, what + ", losses after an update");
  check_error(relative(ours.statistics, one.statistics), 1e-5, what + ", running statistics");
}

// Without it, a rank's rows are normalised by themselves. If only rank 0's rows are labelled, the other ranks add
// nothing, so that the gradient is that of rank 0's rows alone, to the bit; and so are its running statistics.
void local_norm() {
  std::vector<Rank> ranks = ranks_of(2, /*sync=*/false, 8, 4);
  same_on_all(ranks, false, "local batch norm");
  Parts ours(ranks[0].values), other(ranks[1].values), one(alone(4, 4));
  check(same_bits(ours.losses, one.losses), "local batch norm: losses of the labelled rank");
  check(same_bits(ours.gradient, one.gradient), "local batch norm: gradient of the labelled rank");
  check(same_bits(ours.statistics, one.statistics), "local batch norm: statistics of rank 0");
  check(!same_bits(ours.statistics, other.statistics), "local batch norm: each rank has its own statistics");
  same_on_all(ranks_of(2, /*sync=*/false, 8, 8), false, "local batch norm, all labelled");
}

void same_bits_every_time() {
  std::vector<Rank> first = ranks_of(3, true, 7, 7), again = ranks_of(3, true, 7, 7);
  check(!first[0].values.empty() && same_bits(first[0].values, again[0].values), "3 ranks: same bits every time");
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void check_failure(const Rank& rank, const std::string& kind, const std::string& part, const std::string& what) {
  check(rank.failure.rfind(kind, 0) == 0 && contains(rank.failure, part), what + ": '" + rank.failure + "'");
}

void refusals() {
  auto ranks = together(2, [](int rank, int port) -> Report {
    a4j::Communicator communicator(rendezvous(port, rank, rank == 0 ? 2 : 3));
    return {};
  });
  for (const Rank& rank : ranks)
    check_failure(rank, "refused", "rank 1 has WORLD_SIZE 3, but rank 0 has 2", "world size");

  ranks = together(3, [](int rank, int port) -> Report {
    a4j::Communicator communicator(rendezvous(port, rank == 2 ? 1 : rank, 3));
    return {};
  });
  for (const Rank& rank : ranks) check_failure(rank, "refused", "two processes have RANK 1", "same rank twice");

  ranks = together(3, [](int rank, int port) -> Report {
    a4j::Communicator communicator(rendezvous(port, rank, 3));
    communicator.require_same("options", "a");
    communicator.require_same("data set", rank == 2 ? "feed" : "beef");
    return {};
  });
  for (const Rank& rank : ranks)
    check_failure(rank, "refused", "rank 2 has data set feed, but rank 0 has beef", "data set");
}

// Who is named lost depends on who comes or answers in time. On a starved machine that may be another, so that there
// are more attempts, with longer time-outs: `attempt`, given one in seconds, returns what is wrong, or nothing.
void patiently(std::initializer_list<int> timeouts, const std::string& what,
               const std::function<std::string(int seconds)>& attempt) {
  std::string complaint;
  for (int seconds : timeouts) {
    complaint = attempt(seconds);
    if (complaint.empty()) break;
    std::fprintf(stderr, "%s, time-out of %d s: '%s'\n", what.c_str(), seconds, complaint.c_str());
  }
  check(complaint.empty(), what + ": '" + complaint + "'");
}

void absences() {
  patiently({10, 40, 160}, "missing ranks", [](int seconds) -> std::string {
    auto ranks = together(2, [=](int rank, int port) -> Report {
      a4j::Communicator communicator(rendezvous(port, rank, 4, seconds));
      return {};
    });
    std::string expected = "lost: ranks 2 and 3 of 4 did not come within " + std::to_string(seconds) + " s";
    if (ranks[0].failure.rfind(expected, 0) != 0) return ranks[0].failure;
    // Where rank 1 began to wait much later than rank 0, rank 0 has gone before it.
    return ranks[1].failure.rfind("lost: rank", 0) == 0 ? "" : "rank 1: " + ranks[1].failure;
  });

  Rank late([port = free_port()]() -> Report {
    a4j::Communicator communicator(rendezvous(port, 1, 2, 2));
    return {};
  });
  late.finish();
  check_failure(late, "lost", "rank 1 found no store at 127.0.0.1:", "no rank 0");
}

// Another service has MASTER_PORT, or rank 0 stopped as soon as it listened.
void silent_store() {
  int service = socket(AF_INET, SOCK_STREAM, 0);
  listen(service, 1);  // at a free port; nobody will answer
  Rank rank([port = port_of(service)]() -> Report {
    a4j::Communicator communicator(rendezvous(port, 1, 2, 1));
    return {};
  });
  rank.finish();
  close(service);
  check_failure(rank, "lost", "does not answer", "a store that accepts and is silent");
}

enum class Stops { kRank, kRankAndStore };

// A rank 0 that agrees on the world size and goes no further when rank 1 connects to it.
void stops_while_connecting(Stops stops) {
  int port = free_port();
  Rank zero([=]() -> Report {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = true;
    options.waitWorkers = false;
    options.useLibUV = false;
    c10d::TCPStore tcp("127.0.0.1", options);
    c10d::Store& store = tcp;
    store.set("affect4j/0/WORLD_SIZE/0", "2");
    store.add("affect4j/0/WORLD_SIZE", 1);
    constexpr int64_t kAgreed = 4;  // keys: these two, rank 1's word, and its count of processes with this rank
    while (store.getNumKeys() <= kAgreed) usleep(1000);
    stops == Stops::kRank ? pause() : raise(SIGSTOP);
    return {};
  });
  Rank one([=]() -> Report {
    a4j::Communicator communicator(rendezvous(port, 1, 2, 2));
    return {};
  });
  one.finish();
  kill(zero.pid, SIGKILL);
  zero.finish();
  check_failure(one, "lost", "rank 0 was lost: no part taken within 2 s", "rank 0 stops while rank 1 connects");
}

// Two ranks in one process silence the standard output while they connect, and give it back.
void output_stays() {
  Rank both([port = free_port()]() -> Report {
    std::streambuf* before = std::cout.rdbuf();
    for (int attempt = 0; attempt < 8; attempt++) {
      auto join = [=](int rank) {
        auto place = rendezvous(port, rank, 2);
        place.attempt = std::to_string(attempt);
        a4j::Communicator communicator(place);
      };
      std::thread other(join, 1);
      join(0);
      other.join();
    }
    if (std::cout.rdbuf() != before) throw std::runtime_error("standard output is gone");
    return {};
  });
  both.finish();
  check(both.failure.empty(), "two ranks in one process: '" + both.failure + "'");
}

// A communicator that has lost a rank says so again.
void loss_stays() {
  auto ranks = together(2, [](int rank, int port) -> Report {
    a4j::Communicator communicator(rendezvous(port, rank, 2));
    if (rank == 1) raise(SIGKILL);
    double value = 1;
    try {
      communicator.sum(&value, 1);
    } catch (const a4j::PeerLost&) {
      communicator.sum(&value, 1);
    }
    return {};
  });
  check_failure(ranks[0], "lost", "was lost: ended", "a sum after a loss");
}

// One rank of three ends, or stops, in front of the third sum. Returns what another says but that this one was lost.
std::string loss(int victim, int signal, int seconds) {
  int port = free_port();
  std::vector<Rank> ranks;
  for (int rank = 0; rank < 3; rank++) {
    ranks.emplace_back([=]() -> Report {
      a4j::Communicator communicator(rendezvous(port, rank, 3, seconds));
      double value = 1;
      for (int i = 0; i < 3; i++) {
        if (rank == victim && i == 2) raise(signal);
        communicator.sum(&value, 1);
      }
      return {static_cast<float>(value)};
    });
  }
  std::string cause = signal == SIGKILL ? "ended" : "no part";
  std::string expected = "lost: rank " + std::to_string(victim) + " was lost: " + cause;
  std::string complaint;
  for (int rank = 0; rank < 3; rank++) {
    if (rank == victim) continue;
    ranks[rank].finish();
    const std::string& failure = ranks[rank].failure;
    if (failure.rfind(expected, 0) != 0) complaint = "rank " + std::to_string(rank) + ": " + failure;
  }
  kill(ranks[victim].pid, SIGKILL);  // if it only stopped
  ranks[victim].finish();
  return complaint;
}

void losses(int victim, int signal, std::initializer_list<int> timeouts) {
  std::string what = std::string(signal == SIGKILL ? "killed" : "stopped") + " rank " + std::to_string(victim);
  patiently(timeouts, what, [=](int seconds) { return loss(victim, signal, seconds); });
}

// Waiting for something else than gloo, such as a GPU: it ends when that is done, or names the rank that is busy.
void awaits() {
  patiently({5, 20, 80}, "a rank that the device waits for", [](int seconds) -> std::string {
    auto ranks = together(2, [=](int rank, int port) -> Report {
      a4j::Communicator communicator(rendezvous(port, rank, 2, seconds));
      int asked = 0;
      communicator.await([&] { return ++asked == 3; });
      double value = 1;
      communicator.sum(&value, 1);  // the connection is as good as before
      if (rank == 0) communicator.await([] { return false; });
      sleep(seconds + 6);
      return {};
    });
    return ranks[0].failure.rfind("lost: rank 1 was lost: no part taken", 0) == 0 ? "" : ranks[0].failure;
  });
}

}  // namespace

int main() {
  at::set_num_threads(1);
  tame_model();
  equals_one_process(2, 8, 8);
  equals_one_process(2, 7, 7);   // uneven
  equals_one_process(3, 8, 3);   // the last ranks have no label at all
  equals_one_process(3, 4, 4);   // one row on a rank
  local_norm();
  same_bits_every_time();
  refusals();
  absences();
  silent_store();
  for (Stops stops : {Stops::kRank, Stops::kRankAndStore}) stops_while_connecting(stops);
  output_stays();
  loss_stays();
  for (int victim = 0; victim < 3; victim++) losses(victim, SIGKILL, {600, 600, 600});
  for (int victim : {0, 2}) losses(victim, SIGSTOP, {10, 40, 160});
  awaits();
  return report("parallel_test");
}
