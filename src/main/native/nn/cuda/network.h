// ResNet-50 and its heads on a GPU, forward and backward, in NHWC: convolutions by cuDNN through
// libtorch, everything between them by our kernels. Works on the current stream, waits for nothing, and
// can be captured into a CUDA graph.
#pragma once

#include <ATen/core/Tensor.h>
#include <cuda_runtime_api.h>

#include <vector>

#include "nn/model.h"
#include "ops/cuda/collect.h"
#include "ops/cuda/heads.h"
#include "ops/cuda/norm.h"
#include "parallel/buckets.h"
#include "parallel/cuda/device_sums.h"

namespace a4j {

// Images on the device; see ops/cuda/augment.h.
struct GpuImages {
  const uint8_t* images;
  const int64_t* rows;
  const float* crops;
  int count, height, width;

  bool operator==(const GpuImages& o) const {
    return images == o.images && rows == o.rows && crops == o.crops && count == o.count && height == o.height &&
           width == o.width;
  }
};

// The other ranks' side of a step; sums is null where there are none.
struct NetworkPeers {
  DeviceSums* sums = nullptr;
  bool synchronised_norm = false;  // batch statistics are of all ranks' rows
};

class CudaNetwork {
 public:
  // `gradient`: where backward writes, laid out as the model's parameters; undefined for inference only.
  CudaNetwork(Model& model, const at::Tensor& gradient);

  // bf16 weights that convolutions read, laid out as the parameters; undefined in fp32, where they read
  // the masters. Whoever changes the masters writes it, or calls refresh.
  at::Tensor& working_copy() { return working_copy_; }
  void refresh() { working_copy_.copy_(model_.parameters()); }

  // Logits fp32 [count][A4J_OUTPUTS], NaN for absent heads. In training with batch statistics, and with
  // what backward needs kept; else with running statistics.
  at::Tensor forward(const GpuImages& images, bool training, const NetworkPeers& peers = {});

  // From the gradient by the logits of the last forward in training. Sums over its peers what is done of the gradient
  // while it goes on.
  void backward(const at::Tensor& by_logits);

  // Bytes that a training step, or inference, takes for each image of height x width, estimated from what
  // lives at the same time.
  static int64_t bytes_per_image(const Model& model, int height, int width, bool training);

 private:
  // A convolution with its batch norm; x and y while backward needs them.
  struct Unit {
    ConvNorm conv;
    int64_t state;  // place of its channels in states_
    at::Tensor x, y;
  };
  struct Block {
    Unit unit1, unit2, unit3, downsample;
    bool has_downsample;
    at::Tensor z;
  };

  Unit unit(const ConvNorm& conv);
  at::Tensor map(int64_t images, int64_t channels, int64_t height, int64_t width) const;
  at::Tensor map_like(const at::Tensor& t) const { return map(t.size(0), t.size(1), t.size(2), t.size(3)); }
  Activation view(const at::Tensor& t) const;
  cuda::Norm norm(const Unit& unit, int place = 0) const;
  void share_norms(int norms, int channels);
  void share_coefficients(const Unit& unit, const Unit* second = nullptr);
  cuda::TileScratch scratch() const;
  cuda::Heads heads() const;
  float* slot(int index) const;
  at::Tensor weight(const Unit& unit);
  bool is_stem(const Unit& unit) const { return unit.conv.kernel == 7; }

  at::Tensor convolve(Unit& unit, const at::Tensor& x);
  at::Tensor convolve_relu(Unit& unit, const at::Tensor& x);
  at::Tensor forward_stem(const GpuImages& images);
  at::Tensor forward_block(Block& block, const at::Tensor& x);
  at::Tensor convolve_backward(Unit& unit);
  at::Tensor relu_backward(Unit& unit, const at::Tensor& dz);
  void backward_block(Block& block);
  void backward_stem();
  void collect();
  void final_from(int tensor);

  Model& model_;
  const bool bf16_;
  bool training_ = false;
  NetworkPeers peers_;
  int64_t state_count_ = 0;
  Unit stem_;
  std::vector<Block> blocks_;
  at::Tensor gradient_, working_copy_, stem_weight_;
  at::Tensor states_;               // fp32: mean .. shift, a, b, k of all norms
  at::Tensor partials_, counters_;  // scratch of the sums over rows
  at::Tensor norm_sums_;            // double, of two norms at most
  at::Tensor features_, taps_;
  int pool_height_ = 0, pool_width_ = 0;  // of what goes into the max pool
  at::Tensor dz_, dz2_;                   // the gradient by a block's output is their sum; dz2_ may be undefined
  Buckets buckets_;
  cuda::Pieces pieces_;
  std::vector<at::Tensor> weight_gradients_;  // that pieces_ points to
};

}  // namespace a4j
