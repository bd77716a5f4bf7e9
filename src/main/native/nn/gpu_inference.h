// Inference of a model that lives on a GPU; device/none refuses.
#pragma once

#include <memory>

namespace a4j {

struct Batch;
class Model;

class GpuInference {
 public:
  virtual ~GpuInference() = default;

  // Fills the logits of the batch's first `rows` rows, and waits for them.
  virtual void run(Batch& batch, int rows) = 0;
};

// With the model's present weights; a later change of them needs a new object.
std::unique_ptr<GpuInference> gpu_inference(Model& model);

}  // namespace a4j
