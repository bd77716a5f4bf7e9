// The explicit step against libtorch's autograd on the whole ResNet-50.
//
// The comparison needs a well-conditioned network. With random initial weights the 16 residual sums
// let activations grow, and batch norms over a handful of values amplify last-bit differences until
// ReLU masks flip; PyTorch's own NCHW and channels_last gradients then differ by percents per tensor.
// A weight of 0.05 in each block's last batch norm (near the zero that torchvision's
// zero_init_residual sets) keeps the blocks close to the identity, and the two agree to fp32 rounding.
#include "train/gradient.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <omp.h>

#include <map>
#include <utility>

#include "check.h"
#include "required_isa.h"
#include "nn/batch.h"
#include "nn/model.h"

using namespace a4j_test;

namespace {

constexpr int kRows = 4;
constexpr int kSize = 32;
const a4j::LossOptions kOptions{
    {3.7807f, 19.9001f, 28.6127f, 29.0343f, 4.9983f, 11.9129f, 17.3384f, 3.6474f}, 1, false};

using Engine = std::unique_ptr<a4j::Gradient> (*)(a4j::Model&, const a4j::LossOptions&);

std::unique_ptr<a4j::Model> new_tame_model(int tasks, at::ScalarType dtype) {
  auto model = std::make_unique<a4j::Model>(tasks, dtype, 11);
  for (const a4j::Bottleneck& block : model->layout().blocks) model->tensor(block.conv3.weight + 1).fill_(0.05);
  model->weights_changed();
  return model;
}

// Drawing weights takes longer than a step: each model is drawn once. A gradient changes nothing but
// the running statistics, which start anew here.
a4j::Model& tame_model(int tasks, at::ScalarType dtype) {
  static std::map<std::pair<int, at::ScalarType>, std::unique_ptr<a4j::Model>> models;
  std::unique_ptr<a4j::Model>& slot = models[{tasks, dtype}];
  if (!slot) slot = new_tame_model(tasks, dtype);
  a4j::Model& model = *slot;
  for (size_t i = 0; i < model.layout().tensors.size(); i++) {
    a4j::TensorKind kind = model.layout().tensors[i].kind;
    if (kind == a4j::TensorKind::kRunningMean) model.tensor(static_cast<int>(i)).zero_();
    if (kind == a4j::TensorKind::kRunningVar) model.tensor(static_cast<int>(i)).fill_(1);
  }
  return model;
}

void fill(a4j::Batch& batch, bool labelled) {
  Random random(3);
  auto* images = static_cast<uint8_t*>(batch.buffers[A4J_BATCH_IMAGES]);
  for (int64_t i = 0; i < batch.bytes[A4J_BATCH_IMAGES]; i++) images[i] = static_cast<uint8_t>(random());
  auto* crops = static_cast<float*>(batch.buffers[A4J_BATCH_CROPS]);
  auto* va = static_cast<float*>(batch.buffers[A4J_BATCH_VA]);
  auto* expression = static_cast<int8_t*>(batch.buffers[A4J_BATCH_EXPRESSION]);
  auto* units = static_cast<int8_t*>(batch.buffers[A4J_BATCH_ACTION_UNITS]);
  for (int i = 0; i < batch.capacity; i++) {
    const float crop[5] = {float(i % 3), 0, float(batch.height - i % 3), float(batch.width), float(i % 2)};
    std::copy(crop, crop + 5, crops + 5 * i);
    va[2 * i] = labelled ? 0.3f * static_cast<float>(i % 5) - 0.6f : -5;
    va[2 * i + 1] = labelled ? 0.8f - 0.4f * static_cast<float>(i % 4) : -5;
    expression[i] = static_cast<int8_t>(labelled ? i % 9 - 1 : -1);
    for (int u = 0; u < 12; u++) units[12 * i + u] = static_cast<int8_t>(labelled ? (i + u) % 3 - 1 : -1);
  }
}

struct Outcome {
  std::vector<double> values = std::vector<double>(A4J_LOSS_VALUES);
  at::Tensor gradient, statistics;
};

Outcome run(Engine engine, int tasks, at::ScalarType dtype, int threads = 2, bool labelled = true, int rows = kRows) {
  omp_set_num_threads(threads);
  a4j::Model& model = tame_model(tasks, dtype);
  a4j::Batch batch(rows + 1, kSize, kSize + 3);  // a row more than is used, an odd width
  fill(batch, labelled);
  Outcome out;
  out.gradient = at::full_like(model.parameters(), 7);
  engine(model, kOptions)->compute(batch, rows, out.values.data(), out.gradient);
  std::vector<at::Tensor> statistics;
  for (size_t i = 0; i < model.layout().tensors.size(); i++) {
    if (!model.layout().tensors[i].trainable()) statistics.push_back(model.tensor(static_cast<int>(i)).clone());
  }
  out.statistics = at::cat(statistics);
  return out;
}

// Worst over tensors of the largest difference relative to the tensor's largest gradient.
double worst_tensor(const at::Tensor& ours, const at::Tensor& reference, int tasks) {
  const a4j::Model& model = tame_model(tasks, at::kFloat);
  double worst = 0;
  for (size_t i = 0; i < model.layout().tensors.size(); i++) {
    if (!model.layout().tensors[i].trainable()) continue;
    at::Tensor a = model.view(ours, static_cast<int>(i)).contiguous(),
               b = model.view(reference, static_cast<int>(i)).contiguous();
    worst = std::max(worst, error(a.data_ptr<float>(), b.data_ptr<float>(), a.numel(), 1e-12));
  }
  return worst;
}

void check_agreement(const Outcome& fused, const Outcome& autograd, int tasks) {
  std::string what = "tasks " + std::to_string(tasks);
  check_error(error(fused.values.data(), autograd.values.data(), A4J_LOSS_VALUES), 1e-5, what + ", loss values");
  check_error(
      error(fused.statistics.data_ptr<float>(), autograd.statistics.data_ptr<float>(), fused.statistics.numel()), 1e-5,
      what + ", running statistics");
  double worst = worst_tensor(fused.gradient, autograd.gradient, tasks);
  std::printf("%s: worst tensor's gradient differs by %.2g\n", what.c_str(), worst);
  check_error(worst, 1e-4, what + ", gradients");
}

// bf16 rounds in other places in the two engines: they must be about equally near to fp32.
void check_bf16(const Outcome& fused, const Outcome& autograd, const Outcome& fp32) {
  check_error(error(fused.values.data(), fp32.values.data(), A4J_LOSS_VALUES), 3e-2, "bf16 loss values");
  double ours = (fused.gradient - fp32.gradient).norm().item<double>() / fp32.gradient.norm().item<double>();
  double theirs = (autograd.gradient - fp32.gradient).norm().item<double>() / fp32.gradient.norm().item<double>();
  std::printf("bf16 gradient off fp32's: fused %.3g, autograd %.3g\n", ours, theirs);
  check(ours <= 1.5 * theirs, "the fused bf16 gradient is as near to fp32's as autograd's");
}

void check_repeats(const Outcome& first, const Outcome& second, const std::string& what) {
  check(first.values == second.values, what + ": the same losses twice");
  check(at::equal(first.gradient, second.gradient), what + ": the same gradient bits twice");
  check(at::equal(first.statistics, second.statistics), what + ": the same statistics twice");
}

void multi_task() {
  Outcome fused = run(a4j::fused_gradient, 7, at::kFloat), autograd = run(a4j::autograd_gradient, 7, at::kFloat);
  check_agreement(fused, autograd, 7);
  check_repeats(fused, run(a4j::fused_gradient, 7, at::kFloat), "fp32");
  check_repeats(run(a4j::fused_gradient, 7, at::kFloat, 1), fused, "fp32 on 1 and 2 threads");
  Outcome bf16 = run(a4j::fused_gradient, 7, at::kBFloat16);
  check_bf16(bf16, run(a4j::autograd_gradient, 7, at::kBFloat16), autograd);
  check_repeats(bf16, run(a4j::fused_gradient, 7, at::kBFloat16), "bf16");
}

// A model with one head, whose gradient the others' absence must not touch.
void single_task() {
  constexpr int kTasks = A4J_TASK_EXPR;
  check_agreement(run(a4j::fused_gradient, kTasks, at::kFloat), run(a4j::autograd_gradient, kTasks, at::kFloat),
                  kTasks);
}

void nothing_labelled() {
  Outcome out = run(a4j::fused_gradient, 7, at::kFloat, 2, /*labelled=*/false);
  check(std::all_of(out.values.begin(), out.values.end(), [](double v) { return v == 0; }),
        "no label: all values are 0");
  const a4j::Model& model = tame_model(7, at::kFloat);
  bool zero = true;
  for (size_t i = 0; i < model.layout().tensors.size(); i++) {
    if (!model.layout().tensors[i].trainable()) continue;
    zero = zero && at::equal(model.view(out.gradient, static_cast<int>(i)).abs().max(), at::zeros({}));
  }
  check(zero, "no label: the gradient is 0");
}

// Two rows are the fewest: the deepest norms then see 2 values a channel at 32 pixels.
void two_rows() {
  Outcome out = run(a4j::fused_gradient, 7, at::kFloat, 2, true, 2);
  check(at::isfinite(out.gradient).all().item<bool>() && std::isfinite(out.values[0]), "two rows are finite");
}

// An epoch ends with a smaller batch: it leaves nothing behind in the buffers that the next one uses.
void another_size_between(at::ScalarType dtype) {
  a4j::Model& model = tame_model(7, dtype);
  a4j::Batch batch(kRows, kSize, kSize);
  fill(batch, /*labelled=*/true);
  std::unique_ptr<a4j::Gradient> engine = a4j::fused_gradient(model, kOptions);
  std::vector<double> values(A4J_LOSS_VALUES), again(A4J_LOSS_VALUES);
  at::Tensor first = at::zeros_like(model.parameters()), second = at::zeros_like(first);
  engine->compute(batch, kRows, values.data(), first);
  engine->compute(batch, kRows - 1, again.data(), second);
  check(values != again, "a row less is another loss");
  engine->compute(batch, kRows, again.data(), second);
  check(values == again && at::equal(first, second), "a smaller batch between changes no bit");
}

}  // namespace

int main() {
  if (isa_missing("gradient_test")) return kSkipped;
  multi_task();
  single_task();
  nothing_labelled();
  two_rows();
  another_size_between(at::kFloat);
  another_size_between(at::kBFloat16);
  return report("gradient_test");
}
