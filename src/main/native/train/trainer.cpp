#include "train/trainer.h"

#include <ATen/ops/zeros_like.h>

#include <stdexcept>

#include "device/cpu/denormals.h"
#include "device/environment.h"
#include "device/errors.h"

namespace a4j {

namespace {

// AFFECT4J_ENGINE=autograd runs the slow oracle, for comparisons.
int default_engine() {
  return chosen_by("AFFECT4J_ENGINE", {"fused", "autograd"}) == "autograd" ? A4J_ENGINE_AUTOGRAD : A4J_ENGINE_FUSED;
}

std::unique_ptr<Gradient> new_engine(int engine, Model& model, const LossOptions& loss) {
  return engine == A4J_ENGINE_AUTOGRAD ? autograd_gradient(model, loss) : fused_gradient(model, loss);
}

}  // namespace

Trainer::Trainer(Model& model, const LossOptions& loss, const AdamOptions& adam)
    : model_(model),
      loss_(loss),
      adam_(adam),
      gradient_(at::zeros_like(model.parameters())),
      m_(at::zeros_like(gradient_)),
      v_(at::zeros_like(gradient_)) {
  if (model.on_gpu()) {
    gpu_step_ = gpu_step(model, loss, {gradient_, m_, v_});
  } else {
    engine_ = new_engine(default_engine(), model, loss);
  }
}

const double* Trainer::values() {
  if (gpu_step_ != nullptr) gpu_step_->read(values_);
  return values_;
}

void Trainer::choose_engine(int engine) {
  if (engine_ == nullptr) throw Unsupported("a GPU has one engine; choose among them on the CPU");
  if (peers_ != nullptr) throw std::invalid_argument("the engine must be chosen before the trainer joins other ranks");
  bool profiled = engine_->profile.on;
  engine_ = nullptr;  // the old one's memory first
  engine_ = new_engine(engine, model_, loss_);
  engine_->profile.on = profiled;
}

Profile& Trainer::profile() {
  if (engine_ == nullptr) {
    throw Unsupported("a GPU's step runs as one graph and is not timed by operation; use NVIDIA's nsys or ncu");
  }
  return engine_->profile;
}

void Trainer::join(Communicator& communicator, bool synchronised_norm) {
  if (synchronised_norm && engine_ != nullptr && !engine_->synchronises_norm()) {
    throw std::invalid_argument(
        "the autograd engine has no batch norm over all ranks; leave --sync-bn or AFFECT4J_ENGINE=autograd away");
  }
  peers_ = std::make_unique<Peers>(communicator, synchronised_norm);
  if (engine_ != nullptr) {
    engine_->peers = peers_.get();
  } else {
    gpu_step_->join(*peers_);
  }
  for (at::Tensor* state : {&model_.parameters(), &m_, &v_}) broadcast(*state);
  communicator.broadcast(&steps, sizeof steps);
  share_statistics();
}

// Rank 0's tensor to all ranks, by way of the host.
void Trainer::broadcast(at::Tensor& tensor) {
  model_.wait();  // a GPU's steps have a stream of their own
  at::Tensor host = tensor.cpu();
  peers_->communicator().broadcast(host.data_ptr(), host.nbytes());
  tensor.copy_(host);
  model_.wait();
}

void Trainer::share_statistics() {
  broadcast(model_.statistics());
  model_.weights_changed();
}

void Trainer::step(const Batch& batch, int rows, float learning_rate) {
  if (gpu_step_ != nullptr) {
    gpu_step_->run(batch, rows, adam_step(adam_, learning_rate, steps + 1));
    steps++;
    return;
  }
  FlushDenormals flush;
  profile().entries.clear();
  model_.weights_changed();  // already now: a step that fails midway has changed running statistics
  engine_->compute(batch, rows, values_, gradient_);
  if (peers_ != nullptr) profile().measure("gradient", "all-reduce", 0, gradient_.nbytes(), [&] { peers_->finish(); });
  steps++;
  double bytes = 7.0 * gradient_.nbytes();
  profile().measure("adam", "update", 0, bytes, [&] {
    adam(adam_, learning_rate, steps, gradient_.numel(), gradient_.data_ptr<float>(), m_.data_ptr<float>(),
         v_.data_ptr<float>(), model_.parameters().data_ptr<float>());
  });
}

}  // namespace a4j
