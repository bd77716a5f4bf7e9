#include "train/trainer.h"

namespace a4j {

Trainer::Trainer(Model& model, const LossOptions& loss, const AdamOptions& adam)
    : model_(model),
      adam_(adam),
      gradient_(at::zeros_like(model.parameters())),
      m_(at::zeros_like(gradient_)),
      v_(at::zeros_like(gradient_)),
      engine_(autograd_gradient(model, loss)) {}

void Trainer::step(const Batch& batch, int rows, float learning_rate) {
  engine_->compute(batch, rows, values_, gradient_);
  steps++;
  adam(adam_, learning_rate, steps, gradient_.numel(), gradient_.data_ptr<float>(), m_.data_ptr<float>(),
       v_.data_ptr<float>(), model_.parameters().data_ptr<float>());
  model_.weights_changed();
}

}  // namespace a4j
