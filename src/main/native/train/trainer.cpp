#include "train/trainer.h"

#include <cstdlib>
#include <cstring>

#include "device/cpu/denormals.h"

namespace a4j {

namespace {

// AFFECT4J_ENGINE=autograd runs the slow oracle instead, for comparisons.
std::unique_ptr<Gradient> chosen_gradient(Model& model, const LossOptions& loss) {
  const char* wish = std::getenv("AFFECT4J_ENGINE");
  bool autograd = wish != nullptr && std::strcmp(wish, "autograd") == 0;
  return autograd ? autograd_gradient(model, loss) : fused_gradient(model, loss);
}

}  // namespace

Trainer::Trainer(Model& model, const LossOptions& loss, const AdamOptions& adam)
    : model_(model),
      adam_(adam),
      gradient_(at::zeros_like(model.parameters())),
      m_(at::zeros_like(gradient_)),
      v_(at::zeros_like(gradient_)),
      engine_(chosen_gradient(model, loss)) {}

void Trainer::step(const Batch& batch, int rows, float learning_rate) {
  FlushDenormals flush;
  engine_->compute(batch, rows, values_, gradient_);
  steps++;
  double bytes = 7.0 * gradient_.nbytes();
  profile().measure("adam", "update", 0, bytes, [&] {
    adam(adam_, learning_rate, steps, gradient_.numel(), gradient_.data_ptr<float>(), m_.data_ptr<float>(),
         v_.data_ptr<float>(), model_.parameters().data_ptr<float>());
  });
  model_.weights_changed();
}

}  // namespace a4j
