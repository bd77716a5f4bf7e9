#include "ops/cuda/loss.h"

#include "device/cuda/launch.h"
#include "include/affect4j.h"
#include "ops/math/loss.h"

namespace a4j {
namespace cuda {

namespace {

constexpr int kLossThreads = 256;

// The sum of all threads' values, to all threads; in a fixed order. All threads must call it.
__device__ double block_sum(double value) {
  __shared__ double shared[kLossThreads];
  shared[threadIdx.x] = value;
  __syncthreads();
  for (int half = kLossThreads / 2; half > 0; half /= 2) {
    if (static_cast<int>(threadIdx.x) < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    __syncthreads();
  }
  double sum = shared[0];
  __syncthreads();
  return sum;
}

struct LossArguments {
  int tasks, rows;
  const float* logits;
  Labels labels;
  LossOptions options;
  double* values;
  float* gradient;
  const double* totals;  // of a shared batch; null: the rows are all of it
  Share share;
};

__device__ double prediction(const LossArguments& a, int row, int dimension) {
  return tanh(static_cast<double>(a.logits[row * A4J_OUTPUTS + dimension]));
}

// Means first, then central moments, over the labelled rows.
__device__ Moments va_moments(const LossArguments& a, int dimension) {
  double n = 0, x = 0, y = 0;
  for (int i = threadIdx.x; i < a.rows; i += kLossThreads) {
    if (!has_va(a.labels.va + 2 * i)) continue;
    n++;
    x += prediction(a, i, dimension);
    y += a.labels.va[2 * i + dimension];
  }
  Moments m;
  m.n = block_sum(n);
  m.x = block_sum(x) / (m.n > 0 ? m.n : 1);
  m.y = block_sum(y) / (m.n > 0 ? m.n : 1);
  double xx = 0, yy = 0, xy = 0;
  for (int i = threadIdx.x; i < a.rows; i += kLossThreads) {
    if (!has_va(a.labels.va + 2 * i)) continue;
    double dx = prediction(a, i, dimension) - m.x, dy = a.labels.va[2 * i + dimension] - m.y;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  m.xx = block_sum(xx) / (m.n > 0 ? m.n : 1);
  m.yy = block_sum(yy) / (m.n > 0 ? m.n : 1);
  m.xy = block_sum(xy) / (m.n > 0 ? m.n : 1);
  return m;
}

__device__ void va_loss(const LossArguments& a, double* values) {
  for (int dimension = 0; dimension < 2; dimension++) {
    Moments m = a.totals ? united(a.totals + kTotalSums + dimension * kMoments, a.share.world, kRankMoments)
                         : va_moments(a, dimension);
    values[A4J_VALID_VA] = m.n;
    if (m.n == 0) return;
    values[A4J_LOSS_VA] += 1 - ccc(m);
    for (int i = threadIdx.x; i < a.rows; i += kLossThreads) {
      if (!has_va(a.labels.va + 2 * i)) continue;
      double x = prediction(a, i, dimension);
      a.gradient[i * A4J_OUTPUTS + dimension] =
          static_cast<float>(ccc_loss_slope(m, x, a.labels.va[2 * i + dimension]) * (1 - x * x));
    }
  }
}

struct Labelled {
  double rows, weights;
};

__device__ Labelled labelled_expressions(const LossArguments& a) {
  double valid = 0, weights = 0;
  for (int i = threadIdx.x; i < a.rows; i += kLossThreads) {
    int label = a.labels.expression[i];
    if (label < 0) continue;
    valid++;
    weights += a.options.class_weights[label];
  }
  valid = block_sum(valid);
  return {valid, block_sum(weights)};
}

__device__ double labelled_action_units(const LossArguments& a) {
  const int64_t count = static_cast<int64_t>(a.rows) * A4J_ACTION_UNITS;
  double valid = 0;
  for (int64_t i = threadIdx.x; i < count; i += kLossThreads) valid += a.labels.action_units[i] >= 0;
  return block_sum(valid);
}

__device__ void expression_loss(const LossArguments& a, double* values) {
  Labelled all = a.totals ? Labelled{a.totals[0], a.totals[1]} : labelled_expressions(a);
  double divisor = a.options.weighted_mean ? all.weights : all.rows, sum = 0, correct = 0;
  for (int i = threadIdx.x; i < a.rows; i += kLossThreads) {
    int label = a.labels.expression[i];
    if (label < 0) continue;
    int64_t at = static_cast<int64_t>(i) * A4J_OUTPUTS + kExprColumn;
    CrossEntropy loss = cross_entropy(a.logits + at, label, a.options.class_weights[label] / divisor, a.gradient + at);
    sum += loss.value;
    correct += loss.correct;
  }
  values[A4J_VALID_EXPR] = all.rows;
  values[A4J_LOSS_EXPR] = block_sum(sum);
  values[A4J_CORRECT_EXPR] = block_sum(correct);
}

__device__ void action_unit_loss(const LossArguments& a, double* values) {
  const int64_t count = static_cast<int64_t>(a.rows) * A4J_ACTION_UNITS;
  double valid = a.totals ? a.totals[2] : labelled_action_units(a), sum = 0, correct = 0;
  if (valid == 0) return;
  for (int64_t i = threadIdx.x; i < count; i += kLossThreads) {
    int label = a.labels.action_units[i];
    if (label < 0) continue;
    int64_t at = i / A4J_ACTION_UNITS * A4J_OUTPUTS + kAuColumn + i % A4J_ACTION_UNITS;
    ValueAndSlope loss = focal_loss(a.logits[at], label == 1, a.options.focal_gamma);
    sum += loss.value;
    a.gradient[at] = static_cast<float>(loss.slope / valid);
    correct += (a.logits[at] > 0) == (label == 1);
  }
  values[A4J_VALID_AU] = valid;
  values[A4J_LOSS_AU] = block_sum(sum) / valid;
  values[A4J_CORRECT_AU] = block_sum(correct);
}

// One block: a batch has a few thousand logits, and its sums want one order.
__global__ void loss_kernel(LossArguments a) {
  double values[A4J_LOSS_VALUES] = {};
  for (int64_t i = threadIdx.x; i < static_cast<int64_t>(a.rows) * A4J_OUTPUTS; i += kLossThreads) a.gradient[i] = 0;
  __syncthreads();
  if (a.tasks & A4J_TASK_VA) va_loss(a, values);
  if (a.tasks & A4J_TASK_EXPR) expression_loss(a, values);
  if (a.tasks & A4J_TASK_AU) action_unit_loss(a, values);
  if (a.totals && a.share.rank > 0) {  // the batch's already: rank 0 contributes them
    values[A4J_LOSS_VA] = values[A4J_VALID_VA] = values[A4J_VALID_EXPR] = values[A4J_VALID_AU] = 0;
  }
  values[A4J_LOSS_TOTAL] = values[A4J_LOSS_VA] + values[A4J_LOSS_EXPR] + values[A4J_LOSS_AU];
  if (threadIdx.x == 0) {
    for (int i = 0; i < A4J_LOSS_VALUES; i++) a.values[i] = values[i];
  }
}

__global__ void totals_kernel(LossArguments a, double* totals) {
  for (int64_t i = threadIdx.x; i < totals_size(a.share.world); i += kLossThreads) totals[i] = 0;
  __syncthreads();
  Labelled expressions{0, 0};
  if (a.tasks & A4J_TASK_EXPR) expressions = labelled_expressions(a);
  double units = a.tasks & A4J_TASK_AU ? labelled_action_units(a) : 0;
  Moments moments[2];
  for (int d = 0; d < 2 && (a.tasks & A4J_TASK_VA); d++) moments[d] = va_moments(a, d);
  if (threadIdx.x > 0) return;
  const double sums[kTotalSums] = {expressions.rows, expressions.weights, units, *a.share.wish};
  for (int i = 0; i < kTotalSums; i++) totals[i] = sums[i];
  double* place = totals + kTotalSums + a.share.rank * kRankMoments;
  for (int d = 0; d < 2; d++) {
    const Moments& m = moments[d];
    const double values[kMoments] = {m.n, m.x, m.y, m.xx, m.yy, m.xy};
    for (int i = 0; i < kMoments; i++) place[d * kMoments + i] = values[i];
  }
}

}  // namespace

void batch_totals(cudaStream_t stream, int tasks, int rows, const float* logits, const Labels& labels,
                  const LossOptions& options, const Share& share, double* totals) {
  launch(stream, dim3(1), kLossThreads, totals_kernel,
         LossArguments{tasks, rows, logits, labels, options, nullptr, nullptr, nullptr, share}, totals);
}

void multi_task_loss(cudaStream_t stream, int tasks, int rows, const float* logits, const Labels& labels,
                     const LossOptions& options, const Share& share, const double* totals, double* values,
                     float* gradient) {
  launch(stream, dim3(1), kLossThreads, loss_kernel,
         LossArguments{tasks, rows, logits, labels, options, values, gradient, totals, share});
}

void multi_task_loss(cudaStream_t stream, int tasks, int rows, const float* logits, const Labels& labels,
                     const LossOptions& options, double* values, float* gradient) {
  launch(stream, dim3(1), kLossThreads, loss_kernel,
         LossArguments{tasks, rows, logits, labels, options, values, gradient, nullptr, {}});
}

}  // namespace cuda
}  // namespace a4j
