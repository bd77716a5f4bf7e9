// The GPU's training step and inference against the CPU's, on the whole ResNet-50, through Model and
// Trainer as the boundary uses them. The network is tame, as in gradient_test.cpp, which says why.
#include "train/trainer.h"

#include "check.h"
#include "cuda/gpu.h"
#include "device/errors.h"
#include "nn/cuda/shortage.h"
#include "nn/image_set.h"

using namespace a4j_test;

namespace {

constexpr int kSize = 64;
const a4j::LossOptions kLoss{{3.7807f, 19.9001f, 28.6127f, 29.0343f, 4.9983f, 11.9129f, 17.3384f, 3.6474f}, 1, false};
const a4j::AdamOptions kAdam{0.9f, 0.999f, 1e-8f, 1e-4f};

std::unique_ptr<a4j::Model> tame_model(int tasks, at::ScalarType dtype, at::Device device) {
  auto model = std::make_unique<a4j::Model>(tasks, dtype, 11, device);
  for (const a4j::Bottleneck& block : model->layout().blocks) model->tensor(block.conv3.weight + 1).fill_(0.05);
  model->weights_changed();
  model->wait();
  return model;
}

void fill(a4j::Batch& batch, unsigned seed) {
  Random random(seed);
  auto* images = static_cast<uint8_t*>(batch.buffers[A4J_BATCH_IMAGES]);
  for (int64_t i = 0; i < batch.bytes[A4J_BATCH_IMAGES]; i++) images[i] = static_cast<uint8_t>(random());
  for (int i = 0; i < batch.capacity; i++) {
    const float crop[5] = {float(i % 3), 0, float(batch.height - i % 3), float(batch.width), float(i % 2)};
    std::copy(crop, crop + 5, static_cast<float*>(batch.buffers[A4J_BATCH_CROPS]) + 5 * i);
    auto* va = static_cast<float*>(batch.buffers[A4J_BATCH_VA]);
    va[2 * i] = 0.3f * static_cast<float>(i % 5) - 0.6f;
    va[2 * i + 1] = i % 7 == 6 ? -5 : 0.8f - 0.4f * static_cast<float>(i % 4);
    static_cast<int8_t*>(batch.buffers[A4J_BATCH_EXPRESSION])[i] = static_cast<int8_t>(i % 9 - 1);
    auto* units = static_cast<int8_t*>(batch.buffers[A4J_BATCH_ACTION_UNITS]);
    for (int u = 0; u < 12; u++) units[12 * i + u] = static_cast<int8_t>((i + u) % 3 - 1);
  }
}

struct Outcome {
  std::vector<double> values;
  at::Tensor gradient, parameters, statistics;
};

// The state after `steps` steps at a rate; at rate 0 the weights stay, and so must the gradient.
Outcome train(int tasks, at::ScalarType dtype, at::Device device, int rows, int steps, float rate) {
  std::unique_ptr<a4j::Model> model = tame_model(tasks, dtype, device);
  a4j::Trainer trainer(*model, kLoss, kAdam);
  a4j::Batch batch(rows + 1, kSize, kSize + 3);  // a row more than is used, an odd width
  fill(batch, 3);
  for (int i = 0; i < steps; i++) trainer.step(batch, rows, rate);
  const double* values = trainer.values();
  Outcome out{{values, values + A4J_LOSS_VALUES}, {}, {}, {}};
  model->wait();
  out.gradient = trainer.state(A4J_GRADIENT).cpu();
  out.parameters = model->parameters().cpu();
  std::vector<at::Tensor> statistics;
  for (size_t i = 0; i < model->layout().tensors.size(); i++) {
    if (!model->layout().tensors[i].trainable())
      statistics.push_back(model->tensor(static_cast<int>(i)).cpu().flatten());
  }
  out.statistics = at::cat(statistics);
  return out;
}

double relative(const at::Tensor& a, const at::Tensor& b) { return ((a - b).norm() / b.norm()).item<double>(); }

// Worst over tensors of the largest difference relative to the tensor's largest gradient.
double worst_tensor(const Outcome& ours, const Outcome& reference, int tasks) {
  a4j::Layout layout(tasks);
  double worst = 0;
  for (const a4j::TensorSpec& spec : layout.tensors) {
    if (!spec.trainable()) continue;
    at::Tensor a = ours.gradient.narrow(0, spec.offset, spec.elements()),
               b = reference.gradient.narrow(0, spec.offset, spec.elements());
    worst = std::max(worst, error(a.data_ptr<float>(), b.data_ptr<float>(), a.numel(), 1e-12));
  }
  return worst;
}

void fp32(int tasks, int rows) {
  std::string what = "fp32, tasks " + std::to_string(tasks) + ", " + std::to_string(rows) + " rows";
  Outcome gpu = train(tasks, at::kFloat, {at::kCUDA, 0}, rows, 1, 0),
          cpu = train(tasks, at::kFloat, at::kCPU, rows, 1, 0);
  check_error(error(gpu.values.data(), cpu.values.data(), A4J_LOSS_VALUES), 1e-5, what + ", loss values");
  check_error(relative(gpu.statistics, cpu.statistics), 1e-5, what + ", running statistics");
  double worst = worst_tensor(gpu, cpu, tasks);
  std::printf("%s: worst tensor's gradient differs by %.2g\n", what.c_str(), worst);
  check_error(worst, 2e-4, what + ", gradients");
}

// bf16 rounds in other places on the two devices: both must be about equally near to fp32.
void bf16(int rows) {
  Outcome exact = train(7, at::kFloat, at::kCPU, rows, 1, 0), cpu = train(7, at::kBFloat16, at::kCPU, rows, 1, 0),
          gpu = train(7, at::kBFloat16, {at::kCUDA, 0}, rows, 1, 0);
  check_error(error(gpu.values.data(), exact.values.data(), A4J_LOSS_VALUES), 3e-2, "bf16 loss values");
  double ours = relative(gpu.gradient, exact.gradient), theirs = relative(cpu.gradient, exact.gradient);
  std::printf("bf16 gradient off fp32's: GPU %.3g, CPU %.3g\n", ours, theirs);
  check(ours <= 2 * theirs, "the GPU's bf16 gradient is about as near to fp32's as the CPU's");
}

void updates_agree() {
  Outcome gpu = train(7, at::kFloat, {at::kCUDA, 0}, 8, 1, 1e-3f), cpu = train(7, at::kFloat, at::kCPU, 8, 1, 1e-3f);
  // Adam's first step is the sign of the gradient: where that is about 0 the devices may differ by two rates.
  at::Tensor off = (gpu.parameters - cpu.parameters).abs();
  check(off.max().item<double>() <= 2.1e-3, "no weight is off by more than two rates");
  check((off > 1e-4).to(at::kFloat).mean().item<double>() < 0.01, "all but a few weights agree after an update");
}

// Steps 1 and 2 run kernel by kernel, step 3 is captured, 4 and 5 are replayed: with weights that stay,
// each must give the same gradient.
void graph_repeats(at::ScalarType dtype) {
  const char* what = dtype == at::kFloat ? "fp32" : "bf16";
  Outcome first = train(7, dtype, {at::kCUDA, 0}, 16, 1, 0);
  for (int steps : {2, 3, 5}) {
    Outcome later = train(7, dtype, {at::kCUDA, 0}, 16, steps, 0);
    check(at::equal(first.gradient, later.gradient),
          std::string(what) + ": the gradient of step " + std::to_string(steps) + " is step 1's");
    check(first.values == later.values,
          std::string(what) + ": the losses of step " + std::to_string(steps) + " are step 1's");
  }
}

// Steps on rows of a set on the GPU, launched, captured and replayed with other rows each time, have the same bits as
// steps on copies of these images; also in turns with them.
void images_in_a_set(at::ScalarType dtype) {
  constexpr int kRows = 8, kImages = 21, kSteps = 6;
  std::vector<std::unique_ptr<a4j::Model>> models;
  std::vector<std::unique_ptr<a4j::Trainer>> trainers;
  for (int i = 0; i < 3; i++) {
    models.push_back(tame_model(7, dtype, {at::kCUDA, 0}));
    trainers.push_back(std::make_unique<a4j::Trainer>(*models[i], kLoss, kAdam));
  }
  a4j::Batch source(kImages, kSize, kSize), copies(kRows, kSize, kSize);
  fill(source, 9);
  fill(copies, 9);
  a4j::ImageSet set(*models[0], kImages, kSize, kSize, kRows);
  const int64_t image = kSize * kSize * 3;
  set.append(source.images(), 13);
  set.append(source.images() + 13 * image, kImages - 13);
  a4j::Batch of_set(kRows, set);
  for (int which : {A4J_BATCH_CROPS, A4J_BATCH_VA, A4J_BATCH_EXPRESSION, A4J_BATCH_ACTION_UNITS}) {
    std::memcpy(of_set.buffers[which], copies.buffers[which], of_set.bytes[which]);
  }
  for (int step = 0; step < kSteps; step++) {
    for (int row = 0; row < kRows; row++) {
      int64_t index = (5 * step + 3 * row) % kImages;
      static_cast<int64_t*>(of_set.buffers[A4J_BATCH_INDICES])[row] = index;
      std::memcpy(static_cast<uint8_t*>(copies.buffers[A4J_BATCH_IMAGES]) + row * image, source.images() + index * image,
                  image);
    }
    trainers[0]->step(copies, kRows, 0);
    trainers[1]->step(of_set, kRows, 0);
    trainers[2]->step(step % 4 == 3 ? copies : of_set, kRows, 0);
    std::string what = (dtype == at::kFloat ? "fp32 step " : "bf16 step ") + std::to_string(step + 1);
    double loss = trainers[0]->values()[A4J_LOSS_TOTAL];
    check(trainers[1]->values()[A4J_LOSS_TOTAL] == loss, what + " from a set has the loss of one on copies");
    check(trainers[2]->values()[A4J_LOSS_TOTAL] == loss, what + " in turns, too");
    models[0]->wait();
    check(at::equal(trainers[0]->state(A4J_GRADIENT), trainers[1]->state(A4J_GRADIENT)), what + " has its gradient");
  }
  models[0]->predict(copies, kRows);
  models[0]->predict(of_set, kRows);
  check(std::memcmp(copies.logits(), of_set.logits(), copies.bytes[A4J_BATCH_LOGITS]) == 0, "the same logits from a set");
}

void too_large_a_set() {
  std::unique_ptr<a4j::Model> model = tame_model(7, at::kFloat, {at::kCUDA, 0});
  try {
    a4j::ImageSet set(*model, 1 << 30, 112, 112, 64);
    check(false, "a set of 40 TB is refused");
  } catch (const a4j::OutOfMemory& e) {
    std::printf("%s\n", e.what());
    check(std::strstr(e.what(), "does not fit") != nullptr, "the sentence says that the set does not fit");
  }
}

// A smaller last batch between captured ones, weights written from outside between steps.
void interruptions() {
  std::unique_ptr<a4j::Model> model = tame_model(7, at::kBFloat16, {at::kCUDA, 0});
  a4j::Trainer trainer(*model, kLoss, kAdam);
  a4j::Batch batch(16, kSize, kSize);
  fill(batch, 5);
  for (int i = 0; i < 4; i++) trainer.step(batch, 16, 0);
  double full = trainer.values()[A4J_LOSS_TOTAL];
  trainer.step(batch, 7, 0);
  double part = trainer.values()[A4J_LOSS_TOTAL];
  check(part != full, "a smaller batch has its own loss");
  trainer.step(batch, 16, 0);
  check(trainer.values()[A4J_LOSS_TOTAL] == full, "the captured step goes on after a smaller batch");
  model->wait();
  model->tensor(model->layout().heads[0].weight).mul_(3);
  model->tensor(model->layout().stem.weight).mul_(-1);
  model->wait();
  model->weights_changed();
  trainer.step(batch, 16, 0);
  check(trainer.values()[A4J_LOSS_TOTAL] != full, "weights written from outside are used");
}

void inference(at::ScalarType dtype) {
  constexpr int kRows = 9;
  std::vector<std::vector<float>> logits;
  for (at::Device device : {at::Device(at::kCPU), at::Device(at::kCUDA, 0)}) {
    std::unique_ptr<a4j::Model> model = tame_model(5, dtype, device);
    a4j::Batch batch(kRows, kSize, kSize + 3);
    fill(batch, 4);
    model->predict(batch, kRows);
    logits.emplace_back(batch.logits(), batch.logits() + kRows * A4J_OUTPUTS);
  }
  double worst = 0, largest = 0;
  bool absent = true;
  for (size_t i = 0; i < logits[0].size(); i++) {
    bool expression = i % A4J_OUTPUTS >= 2 && i % A4J_OUTPUTS < 10;
    absent = absent && std::isnan(logits[1][i]) == expression;
    if (expression) continue;
    worst = std::max(worst, std::abs(double(logits[1][i]) - logits[0][i]));
    largest = std::max(largest, std::abs(double(logits[0][i])));
  }
  check(absent, "logits of the absent head, and only those, are NaN");
  check_error(worst / largest, dtype == at::kFloat ? 1e-4 : 3e-2, dtype == at::kFloat ? "fp32 logits" : "bf16 logits");
}

void out_of_memory() {
  std::unique_ptr<a4j::Model> model = tame_model(7, at::kFloat, {at::kCUDA, 0});
  a4j::Trainer trainer(*model, kLoss, kAdam);
  // On all but 4 GB: 256 rows want that for their first map alone, 2 rows a quarter of it for all.
  at::Tensor ballast = at::empty({a4j::gpu_memory().available - (int64_t{4} << 30)},
                                 at::TensorOptions().dtype(at::kByte).device(at::kCUDA, 0));
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
  updates_agree();
  for (at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    graph_repeats(dtype);
    inference(dtype);
    images_in_a_set(dtype);
  }
  interruptions();
  out_of_memory();
  too_large_a_set();
  return report("step_test");
}
