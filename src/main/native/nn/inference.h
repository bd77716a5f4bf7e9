// The network for inference, on our own convolutions: batch norms folded into weights and biases; bias,
// residual add and ReLU on the way out of each convolution. An image's logits do not depend on the
// batch it is in, nor on the number of threads.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "nn/model.h"
#include "ops/conv.h"

namespace a4j {

struct Batch;

class Inference {
 public:
  // Folds the model's present weights; a later change of them needs a new object.
  explicit Inference(const Model& model);

  // Fills the logits of the batch's first `rows` rows.
  void run(Batch& batch, int rows);

 private:
  struct Folded {
    ConvShape shape;  // without images, height and width
    std::vector<float> packed, bias;
  };
  struct Block {
    Folded conv1, conv2, conv3, downsample;
    bool has_downsample;
  };
  // Activations [pixels][channels] of images of height x width.
  struct Map {
    at::Tensor data;
    int height, width;
  };

  Folded fold(const ConvNorm& c) const;
  Map convolve(const Folded& conv, const Source& source, int height, int width, bool relu, const Map* add = nullptr);
  Map convolve(const Folded& conv, const Map& x, bool relu, const Map* add = nullptr);
  Map stem(const Batch& batch);
  void heads(const Map& z, Batch& batch);
  at::Tensor pixels(int64_t count, int channels) const;

  const Model& model_;
  const bool bf16_;
  int rows_ = 0;
  Folded stem_;
  std::vector<Block> blocks_;
  std::vector<Folded> heads_;
  ConvWorkspace workspace_;
};

}  // namespace a4j
