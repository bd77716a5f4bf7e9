#include "nn/layout.h"

#include "include/affect4j.h"

namespace a4j {

namespace {

// Tensors start on cache lines, so that kernels can use aligned access and ranges never share one.
constexpr int64_t kAlignment = 16;

constexpr int64_t padded(int64_t elements) { return (elements + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

Layout::Layout(int task_mask) : tasks(task_mask) {
  stem = add_conv("conv1", "bn1", 3, 64, 7, 2);
  add_stage(1, 3, 64, 1);
  add_stage(2, 4, 128, 2);
  add_stage(3, 6, 256, 2);
  add_stage(4, 3, 512, 2);
  if (tasks & A4J_TASK_VA) add_head("fc_va", 0, 2);
  if (tasks & A4J_TASK_EXPR) add_head("fc_expr", 2, A4J_EXPRESSIONS);
  if (tasks & A4J_TASK_AU) add_head("fc_au", 2 + A4J_EXPRESSIONS, A4J_ACTION_UNITS);
}

int Layout::add(const std::string& name, TensorKind kind, std::array<int64_t, 4> shape, int rank) {
  TensorSpec spec{name, kind, shape, rank, 0};
  int64_t& end = spec.trainable() ? parameter_count : statistic_count;
  spec.offset = end;
  end += padded(spec.elements());
  tensors.push_back(spec);
  return static_cast<int>(tensors.size()) - 1;
}

ConvNorm Layout::add_conv(const std::string& conv, const std::string& norm, int in, int out, int kernel, int stride) {
  int weight = add(conv + ".weight", TensorKind::kConvWeight, {out, in, kernel, kernel}, 4);
  add(norm + ".weight", TensorKind::kNormWeight, {out, 1, 1, 1}, 1);
  add(norm + ".bias", TensorKind::kNormBias, {out, 1, 1, 1}, 1);
  add(norm + ".running_mean", TensorKind::kRunningMean, {out, 1, 1, 1}, 1);
  add(norm + ".running_var", TensorKind::kRunningVar, {out, 1, 1, 1}, 1);
  return {in, out, kernel, stride, weight};
}

void Layout::add_stage(int index, int count, int width, int stride) {
  int in = index == 1 ? 64 : width * 2;
  for (int i = 0; i < count; i++) {
    std::string name = "layer" + std::to_string(index) + "." + std::to_string(i) + ".";
    int block_stride = i == 0 ? stride : 1;
    Bottleneck block{};
    block.conv1 = add_conv(name + "conv1", name + "bn1", in, width, 1, 1);
    block.conv2 = add_conv(name + "conv2", name + "bn2", width, width, 3, block_stride);
    block.conv3 = add_conv(name + "conv3", name + "bn3", width, width * 4, 1, 1);
    block.has_downsample = i == 0;
    if (block.has_downsample) {
      block.downsample = add_conv(name + "downsample.0", name + "downsample.1", in, width * 4, 1, block_stride);
    }
    blocks.push_back(block);
    in = width * 4;
  }
}

void Layout::add_head(const std::string& name, int first_column, int outputs) {
  int weight = add(name + ".weight", TensorKind::kLinearWeight, {outputs, kFeatures, 1, 1}, 2);
  add(name + ".bias", TensorKind::kLinearBias, {outputs, 1, 1, 1}, 1);
  heads.push_back({first_column, outputs, weight});
}

}  // namespace a4j
