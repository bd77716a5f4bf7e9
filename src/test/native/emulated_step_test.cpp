// The GPU's training step and inference, their own sources, on a GPU that is emulated (emulated_device.h): launched,
// and captured into graphs that record and replay; alone and as one of two ranks, with gloo in NCCL's place; and out of
// memory.
#include "emulated_kernels.h"

#include "emulated_device.h"

#include "nn/cuda/images.cpp"
#include "nn/cuda/inference.cpp"
#include "nn/cuda/network.cpp"
#include "nn/cuda/shortage.cpp"
#include "nn/cuda/upload.cpp"
#include "train/cuda/gradient.cpp"
#include "train/cuda/step.cpp"

#include "cuda/steps.h"
#include "device/cpu/allocator.h"
#include "device/errors.h"
#include "two_ranks.h"

using namespace a4j_test;

namespace {

using Graph = at::cuda::CUDAGraph;

constexpr int kSize = 32, kRows = 4;
const at::Device kGpu(at::kCUDA, 0);

bool no_graphs() {
  namespace allocator = c10::cuda::CUDACachingAllocator;
  return emulated_cuda::capture == nullptr && allocator::pools.empty() && allocator::filled_pools.empty();
}

int aborts = 0;

enum Way { kLaunched, kCaptured, kReplayed, kWays };

// NCCL would wait without end for a sum that is launched on one rank, captured or replayed on another.
void go_as_others(a4j::Communicator& ranks, Way way) {
  double count[kWays] = {};
  count[way] = 1;
  ranks.sum(count, kWays);
  check(count[way] == ranks.world(), "all ranks go the same way");
}

template <typename T>
cudaError_t enqueue_sum(a4j::Communicator& ranks, cudaStream_t stream, T* values, int64_t count) {
  if (emulated_cuda::capture != nullptr) go_as_others(ranks, kCaptured);
  return emulated_cuda::enqueue(stream, [=, &ranks] {
    go_as_others(ranks, emulated_cuda::replaying ? kReplayed : kLaunched);
    ranks.sum(at::from_blob(values, {count}, c10::CppTypeToScalarType<T>::value));
  });
}

}  // namespace

// NCCL's part, by gloo.
namespace a4j {

struct NcclFunctions {
} const kNoFunctions;

NcclSums::NcclSums(Communicator& communicator) : communicator_(communicator), nccl_(kNoFunctions) {}
NcclSums::~NcclSums() { a4j_test::check(no_graphs(), "no graph holds sums when NCCL ends"); }
void NcclSums::sum(cudaStream_t stream, float* values, int64_t n) { enqueue_sum(communicator_, stream, values, n); }
void NcclSums::sum(cudaStream_t stream, double* values, int64_t n) { enqueue_sum(communicator_, stream, values, n); }
void NcclSums::begin_sum(cudaStream_t stream, float* values, int64_t n) { sum(stream, values, n); }
void NcclSums::finish(cudaStream_t) {}
void NcclSums::wait(cudaStream_t) {}

void NcclSums::abort() {
  aborts++;
  a4j_test::check(no_graphs(), "no graph holds sums when NCCL aborts, which would wait for it");
}

}  // namespace a4j

namespace {

// Runs the body and checks how many graphs it captured and replayed: tests of a graph must not pass without one.
template <typename Body>
void with_graphs(int captures, int replays, const std::string& what, Body body) {
  const int captured = Graph::captures, replayed = Graph::replays;
  body();
  check(Graph::captures - captured == captures, what + ": " + std::to_string(captures) + " captures");
  check(Graph::replays - replayed == replays, what + ": " + std::to_string(replays) + " replays");
  check(no_graphs(), what + " leaves no graph behind");
}

// A step on the GPU and one on the CPU, and inference by the weights that come of it, also after inference by others.
void first_step() {
  std::unique_ptr<a4j::Model> models[] = {tame_model(5, at::kFloat, kGpu), tame_model(5, at::kFloat)};
  a4j::Batch batch(kRows + 1, kSize, kSize + 3);  // a row more than is used, an odd width
  fill(batch, 3);
  models[0]->predict(batch, kRows);
  Trained trained[2];
  for (int i = 0; i < 2; i++) {
    a4j::Trainer trainer(*models[i], kLoss, kAdam);
    trainer.step(batch, kRows, 1e-3f);
    add_values(trainer, trained[i]);
    add_state(trainer, trained[i]);
  }
  check_near(models[0]->layout(), trained[0], trained[1], "a first step");
  models[0]->predict(batch, kRows);
  std::vector<float> ours(batch.logits(), batch.logits() + kRows * A4J_OUTPUTS);
  models[1]->parameters().copy_(trained[0].parameters);
  models[1]->statistics().copy_(trained[0].statistics);
  models[1]->weights_changed();
  models[1]->predict(batch, kRows);
  check_error(logits_error(ours.data(), batch.logits(), kRows), 1e-4, "logits of inference");
}

// In bf16, where inference has a copy of the weights, a step makes the copy anew.
void inference_follows(a4j::Model& model) {
  a4j::Batch batch(kRows, kSize, kSize);
  fill(batch, 3);
  auto logits = [&] {
    model.predict(batch, kRows);
    return std::vector<float>(batch.logits(), batch.logits() + kRows * A4J_OUTPUTS);
  };
  std::vector<float> before = logits();
  a4j::Trainer trainer(model, kLoss, kAdam);
  trainer.step(batch, kRows, 1e-3f);
  std::vector<float> after = logits();
  model.weights_changed();
  check(!same_bits(after, before) && same_bits(after, logits()), "inference after a step is by the step's weights");
}

// Too little memory for a smaller batch beside the graph, which then goes.
void little_room(Restored& start) {
  Trained launched = on_copies(start.model(), kSize, kRows, false);
  const size_t free = std::exchange(emulated_cuda::free_memory, 1);
  with_graphs(1, 2, "steps with little room", [&] {
    check_same(on_copies(start.model(), kSize, kRows, true), launched, "steps with little room");
  });
  emulated_cuda::free_memory = free;
}

// ---- shortage of memory

using Failure = void (*)();

void no_room() { TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory"); }

void no_room_and_no_capture() {
  emulated_cuda::not_in_capture();  // ends it, if one is under way
  no_room();
}

// The step's ninth convolution and all operators from there on fail.
void refused(a4j::Trainer& trainer, const a4j::Batch& batch, int rows, Failure failure) {
  int convolutions = 0;
  emulated_device::before_operator = [&](const std::string& name) {
    if (name == "aten::convolution") convolutions++;
    if (convolutions >= 9) failure();
  };
  try {
    trainer.step(batch, rows, 1e-3f);
    check(false, "a step that does not fit is refused");
  } catch (const a4j::OutOfMemory& e) {
    check(std::strstr(e.what(), "would fit") != nullptr, std::string("a sentence says what fits, not: ") + e.what());
  }
  emulated_device::before_operator = nullptr;
  check(no_graphs(), "a step that fails leaves no capture, and no graph's memory, behind");
}

// Steps of all rows; with a failure and graphs, two that fail; a smaller one; and on.
Trained after_shortage(a4j::Model& model, int before, int failing_rows, Failure failure, int after) {
  Graphs wish(failure != nullptr);
  a4j::Trainer trainer(model, kLoss, kAdam);
  a4j::Batch batch(kRows, kSize, kSize);
  fill(batch, 3);
  for (int i = 0; i < before; i++) trainer.step(batch, kRows, 1e-3f);
  for (int i = 0; failure != nullptr && i < 2; i++) refused(trainer, batch, failing_rows, failure);
  Trained out;
  trainer.step(batch, kRows - 1, 1e-3f);
  add_values(trainer, out);
  for (int i = 0; i < after; i++) trainer.step(batch, kRows, 1e-3f);
  add_values(trainer, out);
  add_state(trainer, out);
  return out;
}

void shortage(Restored& start) {
  auto agrees = [&](const char* what, int before, int rows, Failure failure, int after, int captures, int replays) {
    Trained failed;
    with_graphs(captures, replays, what, [&] { failed = after_shortage(start.model(), before, rows, failure, after); });
    failed.statistics.reset();  // a launched step that fails midway has changed them
    check_same(failed, after_shortage(start.model(), before, rows, nullptr, after), std::string("after ") + what);
  };
  agrees("a launched step's shortage", 0, kRows, no_room, 0, 0, 0);
  agrees("a captured step's shortage", 2, kRows, no_room, 3, 2, 1);
  agrees("a shortage that ends the capture", 2, kRows, no_room_and_no_capture, 0, 0, 0);
  agrees("a shortage beside a graph", 3, kRows - 1, no_room, 3, 2, 2);
}

// ---- two ranks

// Seven steps of which two have a row less on one rank: launched 1 to 3, where the ranks had differed before, captured
// 4, replayed 5, launched 6, where one rank has no graph for its rows, replayed 7.
Trained shared_steps(a4j::Trainer& trainer, a4j::Batch& batch, int rank) {
  Trained out;
  for (int step = 1; step <= 7; step++) {
    fill(batch, 2 * step + rank);
    const bool wish = step == 2 || step == 5;
    trainer.peers()->wish_to_stop = rank == 1 && wish;
    trainer.step(batch, rank == 1 && (step == 1 || step == 6) ? kRows - 1 : kRows, rate(step));
    add_values(trainer, out);
    check(trainer.peers()->stop_wishes == (wish ? 1 : 0), "wishes to stop arrive in step " + std::to_string(step));
  }
  add_state(trainer, out);
  return out;
}

// When rank 1 has ended.
void left_alone(a4j::Trainer& trainer, a4j::Batch& batch) {
  try {
    trainer.step(batch, kRows, 1e-3f);
    check(false, "a step without rank 1 is refused");
  } catch (const a4j::PeerLost&) {
    check(aborts == 1, "NCCL's sums are ended");
  }
}

void rank_of_two(int rank, int port) {
  a4j::Communicator ranks({"127.0.0.1", port, false, "0", rank, 2, std::chrono::seconds(300)});
  Restored start(tame_model(7, at::kFloat, kGpu));
  a4j::Batch batch(kRows, kSize, kSize);
  Trained out[2];
  with_graphs(1, 3, "two ranks", [&] {
    for (bool graphs : {false, true}) {
      Graphs wish(graphs);
      a4j::Trainer trainer(start.model(), kLoss, kAdam);
      trainer.join(ranks, /*synchronised_norm=*/true);
      out[graphs] = shared_steps(trainer, batch, rank);
      if (!graphs) continue;
      at::Tensor first = out[1].parameters.clone();
      ranks.broadcast(first.data_ptr(), first.nbytes());
      check(at::equal(first, out[1].parameters), "all ranks have rank 0's weights");
      check(aborts == 0, "nobody was lost");
      if (rank == 0) left_alone(trainer, batch);
    }
  });
  check_same(out[1], out[0], "two ranks with and without a graph, rank " + std::to_string(rank));
}

}  // namespace

int main() {
  a4j::install_caching_allocator();
  two_ranks("emulated_step_test", rank_of_two);
  first_step();
  {
    Restored start(tame_model(7, at::kFloat, kGpu));
    little_room(start);
    shortage(start);
  }
  Restored start(tame_model(7, at::kBFloat16, kGpu));
  with_graphs(1, 3, "steps at rate 0", [&] { repeats(start, kSize, kRows, "bf16"); });
  with_graphs(1, 4, "bf16 steps", [&] { graphs_agree(start, kSize, kRows, "bf16"); });
  with_graphs(1, 2, "steps on a set", [&] { sets_agree(start, kSize, kRows, "bf16"); });
  inference_follows(start.model());
  return report("emulated_step_test");
}
