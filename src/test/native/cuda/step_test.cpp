// The GPU's training step and inference against the CPU's, on the whole ResNet-50, through Model and
// Trainer as the boundary uses them. The network is tame, as in gradient_test.cpp, which says why.
#include "train/trainer.h"

#include <ATen/ops/empty.h>

#include "cuda/gpu.h"
#include "cuda/steps.h"
#include "device/errors.h"
#include "nn/cuda/shortage.h"

using namespace a4j_test;

namespace {

constexpr int kSize = 64;
const at::Device kGpu(at::kCUDA, 0);

// The state after a first step.
Trained train(int tasks, at::ScalarType dtype, at::Device device, int rows) {
  std::unique_ptr<a4j::Model> model = tame_model(tasks, dtype, device);
  a4j::Trainer trainer(*model, kLoss, kAdam);
  a4j::Batch batch(rows + 1, kSize, kSize + 3);  // a row more than is used, an odd width
  fill(batch, 3);
  trainer.step(batch, rows, 1e-3f);
  Trained out;
  add_values(trainer, out);
  add_state(trainer, out);
  return out;
}

void fp32(int tasks, int rows) {
  std::string what = "fp32, tasks " + std::to_string(tasks) + ", " + std::to_string(rows) + " rows";
  check_near(a4j::Layout(tasks), train(tasks, at::kFloat, kGpu, rows), train(tasks, at::kFloat, at::kCPU, rows), what);
}

// bf16 rounds in other places on the two devices: both must be about equally near to fp32.
void bf16(int rows) {
  Trained exact = train(7, at::kFloat, at::kCPU, rows), cpu = train(7, at::kBFloat16, at::kCPU, rows),
          gpu = train(7, at::kBFloat16, kGpu, rows);
  check_error(error(gpu.values.data(), exact.values.data(), A4J_LOSS_VALUES), 3e-2, "bf16 loss values");
  double ours = relative(gpu.gradient, exact.gradient), theirs = relative(cpu.gradient, exact.gradient);
  std::printf("bf16 gradient off fp32's: GPU %.3g, CPU %.3g\n", ours, theirs);
  check(ours <= 2 * theirs, "the GPU's bf16 gradient is about as near to fp32's as the CPU's");
}

void too_large_a_set() {
  std::unique_ptr<a4j::Model> model = tame_model(7, at::kFloat, kGpu);
  try {
    a4j::ImageSet set(*model, 1 << 30, 112, 112, 64);
    check(false, "a set of 40 TB is refused");
  } catch (const a4j::OutOfMemory& e) {
    std::printf("%s\n", e.what());
    check(std::strstr(e.what(), "does not fit") != nullptr, "the sentence says that the set does not fit");
  }
}

void inference(at::ScalarType dtype) {
  constexpr int kRows = 9;
  std::vector<std::vector<float>> logits;
  for (at::Device device : {at::Device(at::kCPU), kGpu}) {
    std::unique_ptr<a4j::Model> model = tame_model(5, dtype, device);
    a4j::Batch batch(kRows, kSize, kSize + 3);
    fill(batch, 4);
    model->predict(batch, kRows);
    logits.emplace_back(batch.logits(), batch.logits() + kRows * A4J_OUTPUTS);
  }
  check_error(logits_error(logits[1].data(), logits[0].data(), kRows), dtype == at::kFloat ? 1e-4 : 3e-2,
              dtype == at::kFloat ? "fp32 logits" : "bf16 logits");
}

void out_of_memory() {
  std::unique_ptr<a4j::Model> model = tame_model(7, at::kFloat, kGpu);
  a4j::Trainer trainer(*model, kLoss, kAdam);
  // On all but 4 GB: 256 rows want that for their first map alone, 2 rows a quarter of it for all.
  at::Tensor ballast = at::empty({a4j::gpu_memory().available - (int64_t{4} << 30)},
                                 at::TensorOptions().dtype(at::kByte).device(kGpu));
  constexpr int kRows = 256;
  a4j::Batch batch(kRows, 512, 512);
  for (int i = 0; i < kRows; i++) {
    const float crop[5] = {0, 0, 512, 512, 0};
    std::copy(crop, crop + 5, static_cast<float*>(batch.buffers[A4J_BATCH_CROPS]) + 5 * i);
  }
  try {
    trainer.step(batch, kRows, 0);
    trainer.values();
    check(false, "a step that does not fit is refused");
  } catch (const a4j::OutOfMemory& e) {
    std::printf("%s\n", e.what());
    check(std::strstr(e.what(), "would fit") != nullptr, "the sentence says what would fit");
  }
  trainer.step(batch, 2, 0);
  check(std::isfinite(trainer.values()[A4J_LOSS_TOTAL]), "a smaller batch works afterwards");
}

}  // namespace

int main() {
  if (!cuda_test::gpu_is_there("step_test")) return cuda_test::skipped();
  for (int tasks : {7, 2}) fp32(tasks, 4);
  fp32(7, 17);
  bf16(16);
  for (at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const char* what = dtype == at::kFloat ? "fp32" : "bf16";
    Restored start(tame_model(7, dtype, kGpu));
    repeats(start, kSize, 16, what);
    graphs_agree(start, kSize, 16, what);
    sets_agree(start, kSize, 8, what);
    inference(dtype);
  }
  out_of_memory();
  too_large_a_set();
  return report("step_test");
}
