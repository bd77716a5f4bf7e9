#include "boundary/adam_options.h"
#include "boundary/handles.h"
#include "boundary/loss_options.h"
#include "ops/adam.h"
#include "ops/augment.h"
#include "ops/conv.h"
#include "ops/math/norm.h"

using namespace a4j;

namespace {

void check_shape(const ConvShape& s) {
  auto within = [](int value, int most) { return value >= 1 && value <= most; };
  require(within(s.images, 1 << 16), "there must be 1..65536 images, not ", s.images);
  require(within(s.height, 1024) && within(s.width, 1024), "images must be 1..1024 pixels a side");
  require(within(s.in, 4096) && within(s.out, 4096), "channels must be 1..4096");
  require(s.kernel == 1 || s.kernel == 3, "the kernel must be 1 or 3, not ", s.kernel);
  require(s.stride == 1 || s.stride == 2, "the stride must be 1 or 2, not ", s.stride);
}

}  // namespace

a4j_status a4j_loss(int32_t tasks, int32_t rows, const float* logits, const float* va, const int8_t* expression,
                    const int8_t* action_units, const float* class_weights, float focal_gamma, int32_t weighted_mean,
                    double* values, float* gradient) {
  return guarded([&] {
    require(tasks >= 1 && tasks <= 7, "the task mask must be 1..7, not ", tasks);
    require(rows >= 0, "rows must be at least 0");
    Labels labels{va, expression, action_units};
    check_labels(rows, labels);
    LossOptions options = loss_options(class_weights, focal_gamma, weighted_mean);
    multi_task_loss(tasks, rows, logits, labels, options, values, gradient);
  });
}

a4j_status a4j_augment(int32_t rows, int32_t height, int32_t width, const uint8_t* images, const float* crops,
                       float* out) {
  return guarded([&] {
    require(rows >= 0 && height >= 1 && width >= 1 && width <= 1024 && height <= 1024,
            "images must be 1..1024 pixels a side");
    check_crops(rows, height, width, crops);
    augment(rows, height, width, images, crops, {out, height, width, 0});
  });
}

a4j_status a4j_norm_relu_conv(int32_t images, int32_t height, int32_t width, int32_t in, int32_t out, int32_t kernel,
                              int32_t stride, const float* x, const float* scale, const float* shift,
                              const float* weights, float* y, double* mean, double* variance) {
  return guarded([&] {
    static thread_local ConvWorkspace workspace;
    ConvShape shape{images, height, width, in, out, kernel, stride};
    check_shape(shape);
    Source source;
    source.kind = Source::kNormRelu;
    source.data = x, source.scale = scale, source.shift = shift;
    Epilogue moments;
    moments.kind = Epilogue::kMoments;
    Sums sums;
    conv_forward(shape, /*bf16=*/false, source, weights, y, moments, &sums, workspace);
    for (int c = 0; c < out; c++) {
      ChannelMoments channel = channel_moments(shape.out_pixels(), sums.s1[c], sums.s2[c], sums.s3[c]);
      mean[c] = channel.mean, variance[c] = channel.variance;
    }
  });
}

a4j_status a4j_adam(int64_t count, int64_t step, float learning_rate, float beta1, float beta2, float epsilon,
                    float weight_decay, const float* gradient, float* m, float* v, float* weights) {
  return guarded([&] {
    require(count >= 0, "the count must be at least 0");
    require(step >= 1, "Adam's steps count from 1");
    require_learning_rate(learning_rate);
    adam(adam_options(beta1, beta2, epsilon, weight_decay), learning_rate, step, count, gradient, m, v, weights);
  });
}
