// A model in training: losses, gradients and Adam's state in flat buffers laid out as the model's.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "include/affect4j.h"
#include "nn/batch.h"
#include "nn/model.h"
#include "ops/adam.h"
#include "ops/loss.h"
#include "parallel/peers.h"
#include "train/gpu_step.h"
#include "train/gradient.h"

namespace a4j {

class Trainer {
 public:
  Trainer(Model& model, const LossOptions& loss, const AdamOptions& adam);

  // From now on all ranks' rows together are a step's batch. Rank 0's weights and state go to all.
  void join(Communicator& communicator, bool synchronised_norm);

  // Rank 0's running statistics to all: where batch norm is not synchronised each rank has its own.
  void share_statistics();

  Peers* peers() const { return peers_.get(); }

  // Forward, losses, backward and one Adam update from the first rows (at least least_rows()) of the batch.
  void step(const Batch& batch, int rows, float learning_rate);

  // Rows without which batch norm has no variance.
  int least_rows() const { return peers_ != nullptr && peers_->synchronised_norm() ? 1 : 2; }

  Model& model() const { return model_; }

  // A4J_ENGINE_* of the following steps. Throws Unsupported on a GPU, std::invalid_argument after join().
  void choose_engine(int engine);

  // The last step's values [A4J_LOSS_VALUES]; waits for a GPU.
  const double* values();

  // Flat buffer of A4J_GRADIENT, A4J_ADAM_M or A4J_ADAM_V.
  const at::Tensor& state(int kind) const { return kind == A4J_GRADIENT ? gradient_ : kind == A4J_ADAM_M ? m_ : v_; }

  // Throws Unsupported on a GPU, where a step is one graph.
  Profile& profile();

  int64_t steps = 0;  // updates made, Adam's t

 private:
  void broadcast(at::Tensor& tensor);

  Model& model_;
  LossOptions loss_;
  AdamOptions adam_;
  at::Tensor gradient_, m_, v_;
  double values_[A4J_LOSS_VALUES] = {};
  std::unique_ptr<Peers> peers_;       // null: alone
  std::unique_ptr<Gradient> engine_;   // on the CPU
  std::unique_ptr<GpuStep> gpu_step_;  // on a GPU
};

}  // namespace a4j
