// ResNet-50 with linear heads as data: every tensor's name, shape and place in the flat buffers.
// Names and order are torchvision's state_dict order (resnet50, without fc and num_batches_tracked),
// followed by the heads fc_va, fc_expr, fc_au that the task mask asks for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace a4j {

enum class TensorKind { kConvWeight, kNormWeight, kNormBias, kRunningMean, kRunningVar, kLinearWeight, kLinearBias };

struct TensorSpec {
  std::string name;
  TensorKind kind;
  std::array<int64_t, 4> shape;  // OIHW for convolutions; unused entries are 1
  int rank;
  int64_t offset;  // in the flat buffer of parameters, or of statistics

  bool trainable() const { return kind != TensorKind::kRunningMean && kind != TensorKind::kRunningVar; }
  int64_t elements() const { return shape[0] * shape[1] * shape[2] * shape[3]; }
};

// A convolution without bias and the batch norm behind it. `weight` is the index of its weight
// tensor; the norm's weight, bias, running_mean and running_var follow at weight + 1 .. weight + 4.
struct ConvNorm {
  int in, out, kernel, stride;
  int weight;
};

// conv1 1x1, conv2 3x3 (carries the stride), conv3 1x1, and a 1x1 downsample on the identity path
// if has_downsample.
struct Bottleneck {
  ConvNorm conv1, conv2, conv3, downsample;
  bool has_downsample;
};

// A linear predictor on the pooled features; its bias is at weight + 1.
struct Head {
  int first_column, outputs;
  int weight;
};

struct Layout {
  static constexpr int kFeatures = 2048;

  explicit Layout(int task_mask);

  int tasks;
  std::vector<TensorSpec> tensors;
  ConvNorm stem;
  std::vector<Bottleneck> blocks;
  std::vector<Head> heads;
  int64_t parameter_count = 0;  // floats in the flat parameter buffer, padding included
  int64_t statistic_count = 0;  // floats in the flat buffer of running statistics

 private:
  int add(const std::string& name, TensorKind kind, std::array<int64_t, 4> shape, int rank);
  ConvNorm add_conv(const std::string& conv, const std::string& norm, int in, int out, int kernel, int stride);
  void add_stage(int index, int count, int width, int stride);
  void add_head(const std::string& name, int first_column, int outputs);
};

}  // namespace a4j
