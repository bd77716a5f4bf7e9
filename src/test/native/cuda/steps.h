// Training steps on a GPU, real or emulated, against the CPU's and against each other. What a CUDA graph must survive:
// other images, labels, crops and rates each time, smaller batches between, weights written from outside, images of a
// set in turns with copied ones. With graphs and without, each must leave the same bits.
#pragma once

#include <ATen/ops/equal.h>

#include <cstdlib>

#include "nn/image_set.h"
#include "tame_network.h"
#include "train/trainer.h"

namespace a4j_test {

inline const a4j::AdamOptions kAdam{0.9f, 0.999f, 1e-8f, 1e-4f};

// AFFECT4J_CUDA_GRAPH for trainers that are made while it lives.
class Graphs {
 public:
  explicit Graphs(bool wanted) {
    if (!wanted) setenv("AFFECT4J_CUDA_GRAPH", "off", 1);
  }
  ~Graphs() { unsetenv("AFFECT4J_CUDA_GRAPH"); }
};

// All that steps change, on the CPU.
struct Trained {
  std::vector<double> values;  // of each step
  at::Tensor gradient, parameters, m, v, statistics;
};

inline void add_values(a4j::Trainer& trainer, Trained& to) {
  const double* values = trainer.values();
  to.values.insert(to.values.end(), values, values + A4J_LOSS_VALUES);
}

inline void add_state(a4j::Trainer& trainer, Trained& to) {
  trainer.model().wait();
  to.gradient = trainer.state(A4J_GRADIENT).cpu().clone();
  to.m = trainer.state(A4J_ADAM_M).cpu().clone();
  to.v = trainer.state(A4J_ADAM_V).cpu().clone();
  to.parameters = trainer.model().parameters().cpu().clone();
  to.statistics = trainer.model().statistics().cpu().clone();
}

inline void check_same(const Trained& a, const Trained& b, const std::string& what) {
  check(same_bits(a.values, b.values), what + ": the same losses");
  check(at::equal(a.gradient, b.gradient), what + ": the same gradient");
  check(at::equal(a.parameters, b.parameters), what + ": the same parameters");
  check(at::equal(a.m, b.m) && at::equal(a.v, b.v), what + ": the same moments");
  check(!a.statistics.defined() || at::equal(a.statistics, b.statistics), what + ": the same running statistics");
}

// A first step at rate 1e-3 on the GPU and on the CPU, in fp32.
inline void check_near(const a4j::Layout& layout, const Trained& gpu, const Trained& cpu, const std::string& what) {
  check_error(error(gpu.values.data(), cpu.values.data(), A4J_LOSS_VALUES), 1e-5, what + ", loss values");
  check_error(relative(gpu.statistics, cpu.statistics), 1e-5, what + ", running statistics");
  double worst = worst_tensor(layout, gpu.gradient, cpu.gradient);
  std::printf("%s: worst tensor's gradient differs by %.2g\n", what.c_str(), worst);
  check_error(worst, 2e-4, what + ", gradients");
  // Adam's first step is the sign of the gradient: where that is about 0 the devices may differ by two rates.
  at::Tensor off = (gpu.parameters - cpu.parameters).abs();
  check(off.max().item<double>() <= 2.1e-3, what + ": no weight is off by more than two rates");
  check((off > 1e-4).to(at::kFloat).mean().item<double>() < 0.01, what + ": all but a few weights agree");
}

// A model as it was made, again and again: drawing its weights takes longer than a step.
class Restored {
 public:
  explicit Restored(std::unique_ptr<a4j::Model> model)
      : model_(std::move(model)),
        parameters_(model_->parameters().clone()),
        statistics_(model_->statistics().clone()) {}

  a4j::Model& model() {
    model_->parameters().copy_(parameters_);
    model_->statistics().copy_(statistics_);
    model_->wait();
    model_->weights_changed();
    return *model_;
  }

 private:
  std::unique_ptr<a4j::Model> model_;
  at::Tensor parameters_, statistics_;
};

inline float rate(int step) { return 1e-3f / static_cast<float>(step); }

// The losses of a trainer that has seen nothing but the weights as they are; changes nothing.
inline std::vector<double> fresh_values(a4j::Model& model, const a4j::Batch& batch, int rows) {
  at::Tensor statistics = model.statistics().clone();
  a4j::Trainer trainer(model, kLoss, kAdam);
  trainer.step(batch, rows, 0);
  Trained out;
  add_values(trainer, out);
  model.statistics().copy_(statistics);
  model.wait();
  return out.values;
}

// Steps 1 and 2 are launched, 3 is captured, 4 replayed, 5, smaller, launched beside the graph; 6 replays it again, 7
// with weights from outside.
inline Trained on_copies(a4j::Model& model, int size, int rows, bool graphs) {
  Graphs wish(graphs);
  a4j::Trainer trainer(model, kLoss, kAdam);
  a4j::Batch batch(rows, size, size);
  Trained out;
  std::vector<double> expected;
  for (int step = 1; step <= 7; step++) {
    fill(batch, step);
    if (step == 7) {
      model.wait();
      model.tensor(model.layout().heads[0].weight).mul_(3);
      model.tensor(model.layout().stem.weight).mul_(-1);
      model.wait();
      model.weights_changed();
      if (!graphs) expected = fresh_values(model, batch, rows);
    }
    trainer.step(batch, step == 5 ? rows - 1 : rows, rate(step));
    add_values(trainer, out);
  }
  if (!graphs) {
    std::vector<double> last(out.values.end() - A4J_LOSS_VALUES, out.values.end());
    check(same_bits(last, expected), "weights written from outside are used");
  }
  add_state(trainer, out);
  return out;
}

// On other rows of a set each time: two launched, one captured, one replayed; then one on copies, which want a larger
// buffer.
inline Trained on_a_set(a4j::Model& model, int size, int rows, bool graphs, bool copied) {
  constexpr int kImages = 11;
  Graphs wish(graphs);
  a4j::Trainer trainer(model, kLoss, kAdam);
  a4j::Batch source(kImages, size, size), copies(rows, size, size);
  fill(source, 9);
  const int64_t image = static_cast<int64_t>(size) * size * 3;
  a4j::ImageSet set(model, kImages, size, size, rows);
  set.append(source.images(), 5);
  set.append(source.images() + 5 * image, kImages - 5);
  a4j::Batch of_set(rows, set);
  Trained out;
  for (int step = 1; step <= 5; step++) {
    fill(copies, step);
    for (int which : {A4J_BATCH_CROPS, A4J_BATCH_VA, A4J_BATCH_EXPRESSION, A4J_BATCH_ACTION_UNITS}) {
      std::memcpy(of_set.buffers[which], copies.buffers[which], of_set.bytes[which]);
    }
    for (int row = 0; row < rows; row++) {
      const int64_t index = (5 * step + 3 * row) % kImages;
      static_cast<int64_t*>(of_set.buffers[A4J_BATCH_INDICES])[row] = index;
      std::memcpy(static_cast<uint8_t*>(copies.buffers[A4J_BATCH_IMAGES]) + row * image,
                  source.images() + index * image, image);
    }
    trainer.step(copied || step == 5 ? copies : of_set, rows, rate(step));
    add_values(trainer, out);
  }
  add_state(trainer, out);
  return out;
}

// size, rows: of the images.
inline void graphs_agree(Restored& start, int size, int rows, const std::string& what) {
  check_same(on_copies(start.model(), size, rows, true), on_copies(start.model(), size, rows, false),
             what + " steps with and without a graph");
}

inline void sets_agree(Restored& start, int size, int rows, const std::string& what) {
  check_same(on_a_set(start.model(), size, rows, true, false), on_a_set(start.model(), size, rows, false, true),
             what + " steps on a set's images, with a graph, and on copies without");
}

// With weights that stay, each step must give the same losses and gradient, whether launched, captured or replayed.
inline void repeats(Restored& start, int size, int rows, const std::string& dtype) {
  const std::string what = dtype + " step ";
  a4j::Trainer trainer(start.model(), kLoss, kAdam);
  a4j::Batch batch(rows, size, size);
  fill(batch, 3);
  Trained first;
  for (int step = 1; step <= 5; step++) {
    Trained now;
    trainer.step(batch, rows, 0);
    add_values(trainer, now);
    add_state(trainer, now);
    if (step == 1) first = now;
    check(same_bits(now.values, first.values), what + std::to_string(step) + " has step 1's losses");
    check(at::equal(now.gradient, first.gradient), what + std::to_string(step) + " has step 1's gradient");
    check(at::equal(now.parameters, first.parameters), what + std::to_string(step) + " at rate 0 leaves the weights");
  }
}

}  // namespace a4j_test
