// The network for inference, on our own convolutions: batch norms folded into weights and biases; bias,
// residual add and ReLU on the way out of each convolution. An image's logits do not depend on the
// batch it is in, nor on the number of threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "nn/model.h"
#include "ops/conv.h"
#include "ops/norm.h"

namespace a4j {

struct Batch;

class Inference {
 public:
  // Folds the model's present weights; a later change of them needs a new object.
  explicit Inference(const Model& model);

  // Fills the logits of the batch's first `rows` rows. Memory is taken for the largest batch so far, and
  // kept: a further batch allocates nothing.
  void run(Batch& batch, int rows);

 private:
  struct Folded {
    ConvShape shape;  // without images, height and width
    Floats packed, bias;
  };
  struct Block {
    Folded conv1, conv2, conv3, downsample;
    bool has_downsample;
  };
  // Activations [pixels][channels] of images of height x width, in one of the buffers below.
  struct Map {
    void* data;
    int height, width;
  };
  enum Finish { kPlain, kRelu, kAddRelu };  // the last adds to what its output holds

  Folded fold(const ConvNorm& c) const;
  void prepare(int rows, int height, int width);
  Map convolve(const Folded& conv, const Source& source, int height, int width, Finish finish, void* out);
  Map convolve(const Folded& conv, const Map& x, Finish finish, void* out);
  Map stem(const Batch& batch);
  Map block(const Block& b, const Map& x);
  void heads(const Map& z, Batch& batch);
  at::Tensor values(int64_t count) const;

  const Model& model_;
  const bool bf16_;
  int rows_ = 0, capacity_ = 0, height_ = 0, width_ = 0;
  Folded stem_;
  std::vector<Block> blocks_;
  std::vector<Folded> heads_;
  NormState identity_{64};  // a norm that changes nothing: inference pools as training does
  at::Tensor images_;       // normalised, with a border of 3 zero pixels
  at::Tensor between_[2];   // what blocks read and add to; a stage's are one, the next stage's the other
  at::Tensor inside_[2];    // inside a block
  at::Tensor taps_;         // of the max pool; not read
  Floats features_, one_head_;
  ConvWorkspace workspace_;
};

}  // namespace a4j
