#include "ops/loss.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "include/affect4j.h"
#include "ops/cpu/clones.h"
#include "ops/math/loss.h"

namespace a4j {

namespace {

// Rows are worked on in blocks, whose numbers lie one behind the other so that loops over them are vectorised; some
// parts of the rows, cut by shape alone, are shared out to threads, and their sums are added up in order.
constexpr int kBlock = 32;
constexpr int kParts = 16;
constexpr int kEnoughRows = 256;  // for threads to be worth it
constexpr int kRowUnits = A4J_ACTION_UNITS;
constexpr int kUnits = kBlock * kRowUnits;

// Calls body(first row, rows, part) for each block of rows of a part.
template <typename Body>
void for_blocks_of(int part, int rows, Body body) {
  int64_t blocks = (rows + kBlock - 1) / kBlock;
  for (int64_t b = blocks * part / kParts; b < blocks * (part + 1) / kParts; b++) {
    int first = static_cast<int>(b) * kBlock;
    body(first, std::min(kBlock, rows - first), part);
  }
}

// The same for all parts. No `if` on the pragma: a team of one thread would be allocated.
template <typename Body>
void for_blocks(int rows, Body body) {
  if (rows < kEnoughRows) {
    for (int part = 0; part < kParts; part++) for_blocks_of(part, rows, body);
    return;
  }
#pragma omp parallel for schedule(static)
  for (int part = 0; part < kParts; part++) for_blocks_of(part, rows, body);
}

// Sum of `count` numbers, a multiple of 8, in an order that vectors can keep.
A4J_CPU_CLONES
double sum_of(const double* values, int count) {
  double lanes[8] = {};
  for (int i = 0; i < count; i += 8) {
    for (int j = 0; j < 8; j++) lanes[j] += values[i + j];
  }
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

// ---- valence and arousal

// One dimension of a block: logits, which become predictions, and labels; valid is 1 where there is a label, else all
// are 0.
struct VaBlock {
  VaBlock(int first, int count, const float* logits, const float* va, int dimension) {
    for (int i = 0; i < count; i++) {
      const float* label = va + 2 * static_cast<int64_t>(first + i);
      if (!has_va(label)) continue;
      x[i] = logits[static_cast<int64_t>(first + i) * A4J_OUTPUTS + dimension];
      y[i] = label[dimension];
      valid[i] = 1;
    }
  }

  double x[kBlock] = {}, y[kBlock] = {}, valid[kBlock] = {};
};

A4J_CPU_CLONES
void predict(VaBlock& block) {
  for (int i = 0; i < kBlock; i++) block.x[i] = tanh_of(block.x[i]);
}

// Sums over the valid rows of n, dx, dy, dx^2, dy^2 and dx dy, differences to a pivot.
constexpr int kVaSums = 6;

A4J_CPU_CLONES
void add_differences(const VaBlock& block, double pivot_x, double pivot_y, double* sums) {
  double terms[kVaSums][kBlock];
  for (int i = 0; i < kBlock; i++) {
    double valid = block.valid[i], dx = valid * (block.x[i] - pivot_x), dy = valid * (block.y[i] - pivot_y);
    terms[0][i] = valid;
    terms[1][i] = dx;
    terms[2][i] = dy;
    terms[3][i] = dx * dx;
    terms[4][i] = dy * dy;
    terms[5][i] = dx * dy;
  }
  for (int s = 0; s < kVaSums; s++) sums[s] += sum_of(terms[s], kBlock);
}

// About the first valid row, so that constant predictions or labels have variance 0 exactly.
Moments va_moments(int rows, const float* logits, const float* va, int dimension) {
  Moments m;
  int pivot = 0;
  while (pivot < rows && !has_va(va + 2 * pivot)) pivot++;
  if (pivot == rows) return m;
  double x = tanh_of(logits[static_cast<int64_t>(pivot) * A4J_OUTPUTS + dimension]), y = va[2 * pivot + dimension];
  double parts[kParts][kVaSums] = {}, sums[kVaSums] = {};
  for_blocks(rows, [&](int first, int count, int part) {
    VaBlock block(first, count, logits, va, dimension);
    predict(block);
    add_differences(block, x, y, parts[part]);
  });
  for (const auto& part : parts) {
    for (int s = 0; s < kVaSums; s++) sums[s] += part[s];
  }
  m.n = sums[0];
  double dx = sums[1] / m.n, dy = sums[2] / m.n;
  m.x = x + dx;
  m.y = y + dy;
  m.xx = sums[3] / m.n - dx * dx;
  m.yy = sums[4] / m.n - dy * dy;
  m.xy = sums[5] / m.n - dx * dy;
  return m;
}

// Turns predictions into slopes by the logits.
A4J_CPU_CLONES
void slopes(const Moments& m, VaBlock& block) {
  for (int i = 0; i < kBlock; i++) {
    double x = block.x[i];
    block.x[i] = block.valid[i] * ccc_loss_slope(m, x, block.y[i]) * (1 - x * x);
  }
}

void va_slopes(int first, int count, const float* logits, const float* va, const Moments& m, int dimension,
               float* gradient) {
  VaBlock block(first, count, logits, va, dimension);
  predict(block);
  slopes(m, block);
  for (int i = 0; i < count; i++) {
    gradient[static_cast<int64_t>(first + i) * A4J_OUTPUTS + dimension] = static_cast<float>(block.x[i]);
  }
}

// ---- expressions

void expression_totals(int rows, const int8_t* expression, const LossOptions& options, BatchTotals& totals) {
  for (int i = 0; i < rows; i++) {
    if (expression[i] < 0) continue;
    totals.expressions++;
    totals.expression_weights += options.class_weights[expression[i]];
  }
}

// Logits of the classes in a block, which become probabilities; the sum of e^(z - largest z), and the first largest
// class.
struct SoftmaxBlock {
  double p[A4J_EXPRESSIONS][kBlock] = {};
  double top[kBlock] = {}, total[kBlock] = {}, best[kBlock] = {};
};

A4J_CPU_CLONES
void softmax(SoftmaxBlock& block) {
  for (int i = 0; i < kBlock; i++) block.top[i] = block.p[0][i];
  for (int c = 1; c < A4J_EXPRESSIONS; c++) {
    for (int i = 0; i < kBlock; i++) {
      bool larger = block.p[c][i] > block.top[i];
      block.top[i] = larger ? block.p[c][i] : block.top[i];
      block.best[i] = larger ? c : block.best[i];
    }
  }
  for (int c = 0; c < A4J_EXPRESSIONS; c++) {
    for (int i = 0; i < kBlock; i++) block.total[i] += block.p[c][i] = exp_of(block.p[c][i] - block.top[i]);
  }
  double inverse[kBlock];
  for (int i = 0; i < kBlock; i++) inverse[i] = 1 / block.total[i];
  for (int c = 0; c < A4J_EXPRESSIONS; c++) {
    for (int i = 0; i < kBlock; i++) block.p[c][i] *= inverse[i];
  }
}

struct LossAndCorrect {
  double loss = 0, correct = 0;
};

void expression_block(int first, int count, const float* logits, const int8_t* expression, const float* class_weights,
                      double scale, LossAndCorrect& sum, float* gradient) {
  SoftmaxBlock block;
  const float* z = logits + static_cast<int64_t>(first) * A4J_OUTPUTS + kExprColumn;
  float* g = gradient + static_cast<int64_t>(first) * A4J_OUTPUTS + kExprColumn;
  for (int i = 0; i < count; i++) {
    for (int c = 0; c < A4J_EXPRESSIONS; c++) block.p[c][i] = z[i * A4J_OUTPUTS + c];
  }
  softmax(block);
  for (int i = 0; i < count; i++, g += A4J_OUTPUTS, z += A4J_OUTPUTS) {
    int label = expression[first + i];
    if (label < 0) continue;
    double weight = class_weights[label] * scale;
    sum.loss += weight * (std::log(block.total[i]) - (static_cast<double>(z[label]) - block.top[i]));
    sum.correct += block.best[i] == label;
    for (int c = 0; c < A4J_EXPRESSIONS; c++) g[c] = static_cast<float>(weight * block.p[c][i]);
    g[label] = static_cast<float>(weight * (block.p[label][i] - 1));
  }
}

// ---- action units

double labelled_units(int rows, const int8_t* units) {
  int64_t count = static_cast<int64_t>(rows) * kRowUnits;
  return static_cast<double>(std::count_if(units, units + count, [](int8_t unit) { return unit >= 0; }));
}

// A block's action units, row by row: logits and labels; losses, slopes and whether predicted right, 0 without a
// label.
struct UnitBlock {
  float logits[kUnits] = {}, slopes[kUnits];
  double labels[kUnits], losses[kUnits], correct[kUnits];
};

// In loops of few steps: a processor works on several rounds of a short loop at once.
A4J_CPU_CLONES
void focal_losses(double gamma, double scale, UnitBlock& block) {
  double t[kUnits], sign[kUnits], e[kUnits], log_sum[kUnits], modulation[kUnits];
  for (int i = 0; i < kUnits; i++) {
    double label = block.labels[i], z = block.logits[i];
    sign[i] = label < 0 ? 0 : 2 * label - 1;
    t[i] = label < 0 ? 0 : sign[i] * z;
    block.correct[i] = sign[i] * (z > 0 ? 1 : -1) > 0 ? 1 : 0;
  }
  for (int i = 0; i < kUnits; i++) e[i] = exp_of(t[i] > 0 ? -t[i] : t[i]);
  for (int i = 0; i < kUnits; i++) log_sum[i] = log1p_of(e[i]);
  if (gamma == 1) {
    for (int i = 0; i < kUnits; i++) modulation[i] = focal_q(t[i], e[i]);
  } else {
    for (int i = 0; i < kUnits; i++) modulation[i] = exp_of(gamma * focal_log_q(t[i], log_sum[i]));
  }
  for (int i = 0; i < kUnits; i++) {
    ValueAndSlope loss = focal_loss_from(t[i], gamma, e[i], log_sum[i], modulation[i]);
    block.losses[i] = sign[i] * sign[i] * loss.value;
    block.slopes[i] = static_cast<float>(sign[i] * loss.slope * scale);
  }
}

void unit_block(int first, int count, const float* logits, const int8_t* units, double gamma, double scale,
                LossAndCorrect& sum, float* gradient) {
  UnitBlock block;
  int64_t at = static_cast<int64_t>(first) * A4J_OUTPUTS + kAuColumn;
  const int8_t* labels = units + static_cast<int64_t>(first) * kRowUnits;
  for (int i = 0; i < count; i++) std::copy_n(logits + at + i * A4J_OUTPUTS, kRowUnits, block.logits + i * kRowUnits);
  std::copy_n(labels, count * kRowUnits, block.labels);
  std::fill(block.labels + count * kRowUnits, block.labels + kUnits, -1.0);
  focal_losses(gamma, scale, block);
  for (int i = 0; i < count; i++) std::copy_n(block.slopes + i * kRowUnits, kRowUnits, gradient + at + i * A4J_OUTPUTS);
  sum.loss += sum_of(block.losses, kUnits);
  sum.correct += sum_of(block.correct, kUnits);
}

LossAndCorrect in_order(const LossAndCorrect (&parts)[kParts]) {
  LossAndCorrect sum;
  for (const LossAndCorrect& part : parts) sum.loss += part.loss, sum.correct += part.correct;
  return sum;
}

}  // namespace

BatchTotals batch_totals(int tasks, int rows, const float* logits, const Labels& labels, const LossOptions& options) {
  BatchTotals totals;
  if (tasks & A4J_TASK_VA) {
    for (int dimension = 0; dimension < 2; dimension++) {
      totals.va[dimension] = va_moments(rows, logits, labels.va, dimension);
    }
  }
  if (tasks & A4J_TASK_EXPR) expression_totals(rows, labels.expression, options, totals);
  if (tasks & A4J_TASK_AU) totals.action_units = labelled_units(rows, labels.action_units);
  return totals;
}

void multi_task_loss(int tasks, int rows, const float* logits, const Labels& labels, const LossOptions& options,
                     double* values, float* gradient) {
  multi_task_loss(tasks, rows, logits, labels, options, batch_totals(tasks, rows, logits, labels, options), values,
                  gradient);
}

void multi_task_loss(int tasks, int rows, const float* logits, const Labels& labels, const LossOptions& options,
                     const BatchTotals& totals, double* values, float* gradient) {
  bool va = tasks & A4J_TASK_VA && totals.va[0].n > 0, expression = tasks & A4J_TASK_EXPR && totals.expressions > 0;
  bool units = tasks & A4J_TASK_AU && totals.action_units > 0;
  // L1's divisor: the number of valid rows (the paper), or the sum of their weights (PyTorch).
  double by_rows = 1 / (options.weighted_mean ? totals.expression_weights : totals.expressions);
  double by_units = 1 / totals.action_units;
  LossAndCorrect of_rows[kParts], of_units[kParts];
  for_blocks(rows, [&](int first, int count, int part) {
    std::fill_n(gradient + static_cast<int64_t>(first) * A4J_OUTPUTS, count * A4J_OUTPUTS, 0.0f);
    for (int d = 0; d < 2 && va; d++) va_slopes(first, count, logits, labels.va, totals.va[d], d, gradient);
    if (expression) {
      expression_block(first, count, logits, labels.expression, options.class_weights, by_rows, of_rows[part], gradient);
    }
    if (units) {
      unit_block(first, count, logits, labels.action_units, options.focal_gamma, by_units, of_units[part], gradient);
    }
  });
  LossAndCorrect rows_sum = in_order(of_rows), units_sum = in_order(of_units);
  values[A4J_LOSS_VA] = va ? 2 - ccc(totals.va[0]) - ccc(totals.va[1]) : 0;
  values[A4J_LOSS_EXPR] = rows_sum.loss;
  values[A4J_LOSS_AU] = units ? units_sum.loss * by_units : 0;
  values[A4J_LOSS_TOTAL] = values[A4J_LOSS_VA] + values[A4J_LOSS_EXPR] + values[A4J_LOSS_AU];
  values[A4J_VALID_VA] = totals.va[0].n;
  values[A4J_VALID_EXPR] = totals.expressions;
  values[A4J_VALID_AU] = totals.action_units;
  values[A4J_CORRECT_EXPR] = rows_sum.correct;
  values[A4J_CORRECT_AU] = units_sum.correct;
}

namespace {

// Whether a label is refused, of many at once.
bool any_refused(int rows, const Labels& labels) {
  unsigned refused = 0;
  for (int64_t i = 0; i < 2 * static_cast<int64_t>(rows); i++) {
    float v = labels.va[i];
    refused |= !((v == -5) | ((v >= -1) & (v <= 1)));
  }
  for (int64_t i = 0; i < rows; i++) refused |= static_cast<uint8_t>(labels.expression[i] + 1) > A4J_EXPRESSIONS;
  for (int64_t i = 0; i < static_cast<int64_t>(rows) * kRowUnits; i++) {
    refused |= static_cast<uint8_t>(labels.action_units[i] + 1) > 2;
  }
  return refused != 0;
}

}  // namespace

void check_labels(int rows, const Labels& labels) {
  if (!any_refused(rows, labels)) return;
  auto refuse = [](int row, const char* what) {
    throw std::invalid_argument(std::string(what) + " in row " + std::to_string(row) + " of the batch");
  };
  for (int i = 0; i < rows; i++) {
    for (int d = 0; d < 2; d++) {
      float v = labels.va[2 * i + d];
      if (!(v == -5 || (v >= -1 && v <= 1))) refuse(i, "valence or arousal is neither in [-1, 1] nor -5");
    }
    if (labels.expression[i] < -1 || labels.expression[i] >= A4J_EXPRESSIONS) refuse(i, "expression is not -1..7");
    for (int u = 0; u < A4J_ACTION_UNITS; u++) {
      int8_t unit = labels.action_units[i * A4J_ACTION_UNITS + u];
      if (unit < -1 || unit > 1) refuse(i, "action unit is not -1, 0 or 1");
    }
  }
}

}  // namespace a4j
