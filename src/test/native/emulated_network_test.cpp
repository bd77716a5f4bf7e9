// The GPU's network, forward and backward, against libtorch's autograd: CudaNetwork itself with emulated
// kernels, and libtorch's CPU convolutions in place of cuDNN's. The network is tame, as in
// gradient_test.cpp, which says why.
#include "emulated_kernels.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include "nn/cuda/network.cpp"
#include "train/cuda/gradient.cpp"

#include "parallel/peers.h"
#include "tame_network.h"
#include "train/gradient.h"
#include "two_ranks.h"

using namespace a4j_test;

namespace {

constexpr int kRows = 3, kHeight = 32, kWidth = 35;

// Crops and labels of its own. With tame_network.h's and 3 rows, rounding decides a ReLU in some batches: of autograd, the
// CPU's fused gradient and this one then any can be the one that is 1e-3 or more off the other two.
void fill(a4j::Batch& batch) {
  a4j_test::fill(batch, 3);
  for (int i = 0; i < batch.capacity; i++) {
    const float crop[5] = {float(i), 1, float(kHeight - 2 * i), float(kWidth - 1), float(i % 2)};
    std::copy(crop, crop + 5, static_cast<float*>(batch.buffers[A4J_BATCH_CROPS]) + 5 * i);
    auto* va = static_cast<float*>(batch.buffers[A4J_BATCH_VA]);
    va[2 * i] = 0.3f * static_cast<float>(i) - 0.6f;
    va[2 * i + 1] = 0.8f - 0.7f * static_cast<float>(i % 3);
    static_cast<int8_t*>(batch.buffers[A4J_BATCH_EXPRESSION])[i] = static_cast<int8_t>(i == 0 ? -1 : (2 * i - 1) % 8);
    auto* units = static_cast<int8_t*>(batch.buffers[A4J_BATCH_ACTION_UNITS]);
    for (int u = 0; u < 12; u++) units[12 * i + u] = static_cast<int8_t>((i + u) % 3 - 1);
  }
}

struct Outcome {
  std::vector<double> values = std::vector<double>(A4J_LOSS_VALUES);
  at::Tensor gradient, statistics;
};

a4j::Labels labels(const a4j::Batch& batch) { return {batch.va(), batch.expression(), batch.action_units()}; }

// On images in a batch, or in a set.
Outcome emulated(a4j::Model& model, a4j::Batch& batch, const uint8_t* images, const int64_t* indices = nullptr) {
  c10::AutoGradMode no_gradients(false);
  Outcome out;
  out.gradient = at::zeros_like(model.parameters());
  a4j::CudaNetwork network(model, out.gradient);
  a4j::enqueue_gradient(network, model.layout().tasks, {images, indices, batch.crops(), kRows, kHeight, kWidth},
                        labels(batch), kLoss, nullptr, out.values.data());
  out.statistics = model.statistics().clone();
  return out;
}

Outcome autograd(a4j::Model& model, a4j::Batch& batch) {
  Outcome out;
  out.gradient = at::zeros_like(model.parameters());
  a4j::autograd_gradient(model, kLoss)->compute(batch, batch.capacity, out.values.data(), out.gradient);
  out.statistics = model.statistics().clone();
  return out;
}

Outcome fp32(int tasks) {
  a4j::Batch batch(kRows, kHeight, kWidth);
  fill(batch);
  std::unique_ptr<a4j::Model> model = tame_model(tasks, at::kFloat);
  Outcome ours = emulated(*model, batch, batch.images()), reference = autograd(*tame_model(tasks, at::kFloat), batch);
  std::string what = "tasks " + std::to_string(tasks);
  check_error(error(ours.values.data(), reference.values.data(), A4J_LOSS_VALUES), 1e-5, what + ", loss values");
  check_error(relative(ours.statistics, reference.statistics), 1e-5, what + ", running statistics");
  double worst = worst_tensor(model->layout(), ours.gradient, reference.gradient);
  std::printf("%s: worst tensor's gradient differs by %.2g\n", what.c_str(), worst);
  check_error(worst, 1e-4, what + ", gradients");
  return reference;
}

// bf16 rounds in other places in the two: they must be about equally near to fp32.
void bf16(const Outcome& exact) {
  a4j::Batch batch(kRows, kHeight, kWidth);
  fill(batch);
  Outcome ours = emulated(*tame_model(7, at::kBFloat16), batch, batch.images()),
          theirs = autograd(*tame_model(7, at::kBFloat16), batch);
  double off = relative(ours.gradient, exact.gradient), bound = relative(theirs.gradient, exact.gradient);
  std::printf("bf16 gradient off fp32's: ours %.3g, autograd %.3g\n", off, bound);
  check(off <= 1.5 * bound, "the bf16 gradient is as near to fp32's as autograd's");
}

// A step that gathers its rows from a set, where they lie in another order among others, has the same bits.
void gathered() {
  constexpr int64_t kImage = kHeight * kWidth * 3, kIndices[kRows] = {5, 0, 3};
  a4j::Batch batch(kRows, kHeight, kWidth);
  fill(batch);
  std::vector<uint8_t> set(6 * kImage, 77);
  for (int i = 0; i < kRows; i++) std::copy_n(batch.images() + i * kImage, kImage, set.data() + kIndices[i] * kImage);
  Outcome copied = emulated(*tame_model(7, at::kFloat), batch, batch.images()),
          resident = emulated(*tame_model(7, at::kFloat), batch, set.data(), kIndices);
  check(copied.values == resident.values, "the same losses from a set");
  check(at::equal(copied.gradient, resident.gradient), "the same gradient from a set");
}

// NCCL's part, by gloo: "device" memory is the host's here. A begun sum is of the values as they are then, and nobody
// has it before the finish.
struct EmulatedSums final : a4j::DeviceSums {
  explicit EmulatedSums(a4j::Communicator& ranks) : ranks(ranks) {}
  void sum(cudaStream_t, float* values, int64_t count) override {
    ranks.sum(at::from_blob(values, {count}, at::kFloat));
  }
  void sum(cudaStream_t, double* values, int64_t count) override {
    ranks.sum(at::from_blob(values, {count}, at::kDouble));
  }
  void begin_sum(cudaStream_t, float* values, int64_t count) override {
    begun.emplace_back(values, std::vector<float>(values, values + count));
  }
  void finish(cudaStream_t stream) override {
    for (auto& [values, copy] : begun) {
      sum(stream, copy.data(), static_cast<int64_t>(copy.size()));
      std::copy(copy.begin(), copy.end(), values);
    }
  }
  a4j::Communicator& ranks;
  std::vector<std::pair<float*, std::vector<float>>> begun;
};

std::unique_ptr<a4j::Batch> rows_of(const a4j::Batch& all, int begin, int end) {
  auto part = std::make_unique<a4j::Batch>(end - begin, kHeight, kWidth);
  for (int buffer = 0; buffer < a4j::Batch::kBuffers; buffer++) {
    int64_t row = all.bytes[buffer] / all.capacity;
    if (row == 0) continue;
    std::memcpy(part->buffers[buffer], static_cast<char*>(all.buffers[buffer]) + begin * row, part->bytes[buffer]);
  }
  return part;
}

// Of the same shares, by autograd and the CPU's peers, batch norm being each rank's own.
Outcome autograd_of_ranks(a4j::Communicator& ranks, a4j::Batch& batch) {
  std::unique_ptr<a4j::Model> model = tame_model(7, at::kFloat);
  Outcome out;
  out.gradient = at::zeros_like(model->parameters());
  a4j::Peers peers(ranks, false);
  std::unique_ptr<a4j::Gradient> oracle = a4j::autograd_gradient(*model, kLoss);
  oracle->peers = &peers;
  oracle->compute(batch, batch.capacity, out.values.data(), out.gradient);
  peers.finish();
  out.statistics = model->statistics().clone();
  return out;
}

// One of two ranks with uneven shares: losses, gradient and running statistics are the whole batch's, as autograd has
// them, with synchronised batch norm of all rows at once.
void rank_of_two(int rank, int port, bool synchronised) {
  a4j::Communicator ranks({"127.0.0.1", port, false, "0", rank, 2, std::chrono::seconds(300)});
  a4j::Batch all(2 * kRows, kHeight, kWidth);
  fill(all);
  const int first = 2, rows = rank == 0 ? first : 2 * kRows - first;
  std::unique_ptr<a4j::Batch> batch = rows_of(all, rank == 0 ? 0 : first, rank == 0 ? first : 2 * kRows);
  Outcome reference = synchronised ? autograd(*tame_model(7, at::kFloat), all) : autograd_of_ranks(ranks, *batch);

  c10::AutoGradMode no_gradients(false);
  std::unique_ptr<a4j::Model> model = tame_model(7, at::kFloat);
  Outcome ours;
  ours.gradient = at::zeros_like(model->parameters());
  a4j::CudaNetwork network(*model, ours.gradient);
  EmulatedSums sums(ranks);
  const double wish = rank;
  std::vector<double> totals(a4j::cuda::totals_size(2), -1);
  a4j::DevicePeers device{{&sums, synchronised}, {rank, 2, &wish}, totals.data()};
  a4j::enqueue_gradient(network, 7, {batch->images(), nullptr, batch->crops(), rows, kHeight, kWidth}, labels(*batch),
                        kLoss, &device, ours.values.data());
  std::string what = "rank " + std::to_string(rank) + (synchronised ? ", synchronised" : "");
  check_error(error(ours.values.data(), reference.values.data(), A4J_LOSS_VALUES), 1e-5, what + ", loss values");
  check_error(worst_tensor(model->layout(), ours.gradient, reference.gradient), 1e-4, what + ", gradients");
  check_error(relative(model->statistics(), reference.statistics), 1e-5, what + ", running statistics");
  check(sums.begun.size() > 5, what + " sums the gradient in pieces");
  check(totals[a4j::cuda::kStopWishes] == 1, what + " hears that one of two wishes to stop");
  at::Tensor first_rank = ours.gradient.clone();
  ranks.broadcast(first_rank.data_ptr(), first_rank.nbytes());
  check(at::equal(first_rank, ours.gradient), what + " has rank 0's bits");
}

// With running statistics, against the CPU's inference.
void inference() {
  a4j::Batch batch(kRows, kHeight, kWidth);
  fill(batch);
  std::unique_ptr<a4j::Model> model = tame_model(5, at::kFloat);
  autograd(*model, batch);  // statistics that are not 0 and 1
  c10::AutoGradMode no_gradients(false);
  model->weights_changed();
  model->predict(batch, kRows);
  a4j::CudaNetwork network(*model, at::Tensor());
  at::Tensor logits = network.forward({batch.images(), nullptr, batch.crops(), kRows, kHeight, kWidth}, false);
  check_error(logits_error(logits.data_ptr<float>(), batch.logits(), kRows), 1e-4, "logits of inference");
}

}  // namespace

int main() {
  for (bool synchronised : {false, true}) {
    two_ranks("emulated_network_test", [=](int rank, int port) { rank_of_two(rank, port, synchronised); });
  }
  Outcome exact = fp32(7);
  fp32(A4J_TASK_EXPR);
  bf16(exact);
  gathered();
  inference();
  return report("emulated_network_test");
}
