// How the gradient of the loss by the weights is computed: the part of a step that is replaced when
// a faster one exists.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "nn/batch.h"
#include "nn/model.h"
#include "ops/loss.h"
#include "parallel/peers.h"
#include "train/profile.h"

namespace a4j {

class Gradient {
 public:
  virtual ~Gradient() = default;

  // Forward in training mode (running statistics are updated), losses into values
  // [A4J_LOSS_VALUES] and backward into `gradient`, a flat buffer laid out as the model's parameters.
  // With peers, values and gradient are the whole batch's only after peers->finish().
  virtual void compute(const Batch& batch, int rows, double* values, at::Tensor& gradient) = 0;

  // Whether it can take the batch norms' statistics over all ranks.
  virtual bool synchronises_norm() const { return false; }

  Profile profile;
  Peers* peers = nullptr;  // the other ranks' side of a step; null: this process has the whole batch
};

// The explicit, fused forward and backward.
std::unique_ptr<Gradient> fused_gradient(Model& model, const LossOptions& options);

// By libtorch's autograd: slower, and the oracle of the fused one.
std::unique_ptr<Gradient> autograd_gradient(Model& model, const LossOptions& options);

}  // namespace a4j
