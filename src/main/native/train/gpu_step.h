// A training step of a model that lives on a GPU, whole; device/none refuses.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "nn/batch.h"
#include "nn/model.h"
#include "ops/loss.h"
#include "ops/math/adam.h"
#include "parallel/peers.h"

namespace a4j {

// Flat buffers laid out as the model's parameters, on its device.
struct GpuState {
  at::Tensor gradient, m, v;
};

class GpuStep {
 public:
  virtual ~GpuStep() = default;

  // Enqueues forward, losses, backward and one Adam update; the batch may be changed on return. Throws
  // OutOfMemory with the batch size that would fit.
  virtual void run(const Batch& batch, int rows, const AdamStep& adam) = 0;

  // From now on this rank's rows are a part of the batch: losses, gradient and update are those of all ranks' rows.
  // Throws Unsupported if the GPUs cannot sum over ranks.
  virtual void join(Peers& peers) = 0;

  // Waits for the last run and copies its values [A4J_LOSS_VALUES]. Throws PeerLost if another rank does not
  // take part.
  virtual void read(double* values) = 0;
};

std::unique_ptr<GpuStep> gpu_step(Model& model, const LossOptions& options, const GpuState& state);

}  // namespace a4j
