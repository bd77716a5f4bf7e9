#include "ops/loss.h"

#include <algorithm>
#include <cstring>
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
    int64_t first = b * kBlock;
    body(first, static_cast<int>(std::min<int64_t>(kBlock, rows - first)), part);
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

// A sum in an order that vectors can keep.
struct Sum {
  // `count` is a multiple of the lanes.
  A4J_CPU_INLINE void add(const double* values, int count) {
    for (int i = 0; i < count; i += kLanes) {
      for (int j = 0; j < kLanes; j++) lanes[j] += values[i + j];
    }
  }

  void add(const Sum& part) { add(part.lanes, kLanes); }

  double total() const {
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
  }

  static constexpr int kLanes = 8;
  double lanes[kLanes] = {};
};

struct LossAndCorrect {
  void add(const LossAndCorrect& part) {
    loss.add(part.loss);
    correct += part.correct;
  }

  Sum loss;
  int64_t correct = 0;
};

// One column of a block's rows, as doubles.
template <typename T>
A4J_CPU_INLINE void load_column(int count, const T* rows, int columns, double* out) {
  for (int i = 0; i < count; i++) out[i] = static_cast<double>(rows[i * columns]);
}

// ---- valence and arousal

// A block's predictions x and labels y; valid is 1 where a row has labels, else all are 0.
struct VaBlock {
  A4J_CPU_INLINE VaBlock(int count, const float* logits, const float* va) {
    std::fill_n(y[0], 2 * kBlock, -5.0);
    for (int d = 0; d < 2; d++) {
      load_column(count, logits + d, A4J_OUTPUTS, x[d]);
      load_column(count, va + d, 2, y[d]);
    }
    for (int i = 0; i < kBlock; i++) valid[i] = (y[0][i] >= -1) & (y[1][i] >= -1) ? 1 : 0;
    for (int d = 0; d < 2; d++) {
      for (int i = 0; i < kBlock; i++) x[d][i] = tanh_of(valid[i] > 0 ? x[d][i] : 0);
      for (int i = 0; i < kBlock; i++) y[d][i] *= valid[i];
    }
  }

  double x[2][kBlock] = {}, y[2][kBlock], valid[kBlock];
};

// Sums over the valid rows of n, dx, dy, dx^2, dy^2 and dx dy, differences to a pivot.
constexpr int kVaSums = 6;

struct VaPivot {
  double x[2], y[2];
};

A4J_CPU_CLONES
void add_va(int count, const float* logits, const float* va, const VaPivot& pivot, Sum (*sums)[kVaSums]) {
  VaBlock block(count, logits, va);
  for (int d = 0; d < 2; d++) {
    double terms[kVaSums][kBlock];
    for (int i = 0; i < kBlock; i++) {
      double valid = block.valid[i];
      double dx = valid * (block.x[d][i] - pivot.x[d]), dy = valid * (block.y[d][i] - pivot.y[d]);
      terms[0][i] = valid;
      terms[1][i] = dx;
      terms[2][i] = dy;
      terms[3][i] = dx * dx;
      terms[4][i] = dy * dy;
      terms[5][i] = dx * dy;
    }
    for (int s = 0; s < kVaSums; s++) sums[d][s].add(terms[s], kBlock);
  }
}

Moments moments(const Sum* sums, double pivot_x, double pivot_y) {
  Moments m;
  m.n = sums[0].total();
  if (m.n == 0) return m;
  double dx = sums[1].total() / m.n, dy = sums[2].total() / m.n;
  m.x = pivot_x + dx;
  m.y = pivot_y + dy;
  m.xx = sums[3].total() / m.n - dx * dx;
  m.yy = sums[4].total() / m.n - dy * dy;
  m.xy = sums[5].total() / m.n - dx * dy;
  return m;
}

// The first labelled row, so that constant predictions or labels have variance 0 exactly.
VaPivot va_pivot(int rows, const float* logits, const float* va) {
  VaPivot pivot{};
  int64_t row = 0;
  while (row < rows && !has_va(va + 2 * row)) row++;
  for (int d = 0; d < 2 && row < rows; d++) {
    pivot.x[d] = tanh_of(logits[row * A4J_OUTPUTS + d]);
    pivot.y[d] = va[2 * row + d];
  }
  return pivot;
}

A4J_CPU_CLONES
void va_slopes(int count, const float* logits, const float* va, const Moments* m, float* gradient) {
  VaBlock block(count, logits, va);
  float slopes[2][kBlock];
  for (int d = 0; d < 2; d++) {
    for (int i = 0; i < kBlock; i++) {
      double x = block.x[d][i];
      slopes[d][i] = static_cast<float>(block.valid[i] * ccc_loss_slope(m[d], x, block.y[d][i]) * (1 - x * x));
    }
  }
  for (int i = 0; i < count; i++) {
    for (int d = 0; d < 2; d++) gradient[i * A4J_OUTPUTS + d] = slopes[d][i];
  }
}

// ---- expressions

// Weights by label + 1: a missing label, -1, weighs 0.
struct LabelWeights {
  LabelWeights(const float* class_weights, double scale) {
    for (int c = 0; c < A4J_EXPRESSIONS; c++) of[c + 1] = class_weights[c] * scale;
  }

  double of[A4J_EXPRESSIONS + 1] = {};
};

// A block's rows by class: logits, 0 without a label, which become probabilities; labels, or -1, and their weights.
struct ExpressionBlock {
  A4J_CPU_INLINE ExpressionBlock(int count, const float* logits, const int8_t* expression,
                                 const LabelWeights& weights) {
    std::fill_n(label, kBlock, -1.0);
    load_column(count, expression, 1, label);
    for (int i = 0; i < count; i++) weight[i] = weights.of[expression[i] + 1];
    for (int c = 0; c < A4J_EXPRESSIONS; c++) {
      load_column(count, logits + c, A4J_OUTPUTS, p[c]);
      for (int i = 0; i < kBlock; i++) p[c][i] = label[i] < 0 ? 0 : p[c][i];
    }
  }

  double p[A4J_EXPRESSIONS][kBlock] = {}, label[kBlock], weight[kBlock] = {};
};

// The largest logit of each row; returns in how many rows the first class that has it is the label.
A4J_CPU_INLINE int find_top(const ExpressionBlock& block, double* top) {
  double best[kBlock] = {};
  for (int i = 0; i < kBlock; i++) top[i] = block.p[0][i];
  for (int c = 1; c < A4J_EXPRESSIONS; c++) {
    for (int i = 0; i < kBlock; i++) {
      best[i] = block.p[c][i] > top[i] ? c : best[i];
      top[i] = block.p[c][i] > top[i] ? block.p[c][i] : top[i];
    }
  }
  int correct = 0;
  for (int i = 0; i < kBlock; i++) correct += best[i] == block.label[i] ? 1 : 0;
  return correct;
}

// Weighted -log p of the labels.
A4J_CPU_INLINE void cross_entropies(ExpressionBlock& block, const double* top, double* losses) {
  double of_label[kBlock] = {}, total[kBlock] = {};
  for (int c = 0; c < A4J_EXPRESSIONS; c++) {
    for (int i = 0; i < kBlock; i++) {
      double z = block.p[c][i] - top[i];
      of_label[i] = block.label[i] == c ? z : of_label[i];
      block.p[c][i] = exp_of(z);
      total[i] += block.p[c][i];
    }
  }
  for (int i = 0; i < kBlock; i++) losses[i] = block.weight[i] * (log_of(total[i]) - of_label[i]);
  for (int i = 0; i < kBlock; i++) total[i] = 1 / total[i];
  for (int c = 0; c < A4J_EXPRESSIONS; c++) {
    for (int i = 0; i < kBlock; i++) block.p[c][i] *= total[i];
  }
}

A4J_CPU_CLONES
void expression_block(int count, const float* logits, const int8_t* expression, const LabelWeights& weights,
                      LossAndCorrect& sum, float* gradient) {
  ExpressionBlock block(count, logits, expression, weights);
  double top[kBlock], losses[kBlock];
  sum.correct += find_top(block, top);
  cross_entropies(block, top, losses);
  sum.loss.add(losses, kBlock);
  float slopes[A4J_EXPRESSIONS][kBlock];
  for (int c = 0; c < A4J_EXPRESSIONS; c++) {
    for (int i = 0; i < kBlock; i++) {
      slopes[c][i] = static_cast<float>(block.weight[i] * (block.p[c][i] - (block.label[i] == c ? 1 : 0)));
    }
  }
  for (int i = 0; i < count; i++) {
    for (int c = 0; c < A4J_EXPRESSIONS; c++) gradient[i * A4J_OUTPUTS + c] = slopes[c][i];
  }
}

// ---- action units

// A block's action units, row by row: logits times signs, 1 or -1 by the label, 0 without one.
struct UnitBlock {
  A4J_CPU_INLINE UnitBlock(int count, const float* logits, const int8_t* units) {
    const int labelled = count * kRowUnits;
    float z[kUnits];
    for (int i = 0; i < count; i++) std::memcpy(z + i * kRowUnits, logits + i * A4J_OUTPUTS, kRowUnits * sizeof(float));
    std::fill(z + labelled, z + kUnits, 0.0f);
    for (int i = 0; i < labelled; i++) correct += units[i] == (z[i] > 0 ? 1 : 0) ? 1 : 0;
    for (int i = 0; i < labelled; i++) sign[i] = units[i] < 0 ? 0 : 2 * units[i] - 1;
    std::fill(sign + labelled, sign + kUnits, 0.0);
    for (int i = 0; i < kUnits; i++) t[i] = sign[i] == 0 ? 0 : sign[i] * z[i];
  }

  double t[kUnits], sign[kUnits];
  int correct = 0;
};

// modulation(Sigmoid) is q^gamma. In two short loops: a processor works on several rounds of such at once.
template <typename Modulation>
A4J_CPU_INLINE void focal_losses(const UnitBlock& block, double gamma, double scale, Modulation modulation,
                                 double* losses, float* slopes) {
  double e[kUnits];
  for (int i = 0; i < kUnits; i++) e[i] = exp_of(block.t[i] > 0 ? -block.t[i] : block.t[i]);
  for (int i = 0; i < kUnits; i++) {
    Sigmoid s = sigmoid_from(block.t[i], e[i]);
    ValueAndSlope loss = focal_loss_from(s, gamma, modulation(s));
    losses[i] = block.sign[i] * block.sign[i] * loss.value;
    slopes[i] = static_cast<float>(block.sign[i] * loss.slope * scale);
  }
}

A4J_CPU_CLONES
void unit_block(int count, const float* logits, const int8_t* units, double gamma, double scale, LossAndCorrect& sum,
                float* gradient) {
  UnitBlock block(count, logits, units);
  double losses[kUnits];
  float slopes[kUnits];
  if (gamma == 1) {
    focal_losses(block, 1, scale, [](const Sigmoid& s) { return s.q; }, losses, slopes);
  } else {
    focal_losses(block, gamma, scale, [gamma](const Sigmoid& s) { return exp_of(gamma * s.log_q); }, losses, slopes);
  }
  sum.loss.add(losses, kUnits);
  sum.correct += block.correct;
  for (int i = 0; i < count; i++) {
    std::memcpy(gradient + i * A4J_OUTPUTS, slopes + i * kRowUnits, kRowUnits * sizeof(float));
  }
}

// ---- the batch

// What a part of the rows adds to the totals.
struct PartTotals {
  void add(const PartTotals& part) {
    for (int d = 0; d < 2; d++) {
      for (int s = 0; s < kVaSums; s++) va[d][s].add(part.va[d][s]);
    }
    expressions += part.expressions;
    expression_weights += part.expression_weights;
    action_units += part.action_units;
  }

  Sum va[2][kVaSums];
  double expressions = 0, expression_weights = 0, action_units = 0;
};

void count_expressions(int count, const int8_t* expression, const LabelWeights& weights, PartTotals& totals) {
  for (int i = 0; i < count; i++) {
    totals.expressions += expression[i] >= 0;
    totals.expression_weights += weights.of[expression[i] + 1];
  }
}

A4J_CPU_CLONES
int labelled_units(int count, const int8_t* units) {
  int labelled = 0;
  for (int i = 0; i < count * kRowUnits; i++) labelled += units[i] >= 0;
  return labelled;
}

}  // namespace

BatchTotals batch_totals(int tasks, int rows, const float* logits, const Labels& labels, const LossOptions& options) {
  VaPivot pivot = tasks & A4J_TASK_VA ? va_pivot(rows, logits, labels.va) : VaPivot{};
  LabelWeights weights(options.class_weights, 1);
  PartTotals parts[kParts], sum;
  for_blocks(rows, [&](int64_t first, int count, int part) {
    const float* z = logits + first * A4J_OUTPUTS;
    if (tasks & A4J_TASK_VA) add_va(count, z, labels.va + 2 * first, pivot, parts[part].va);
    if (tasks & A4J_TASK_EXPR) count_expressions(count, labels.expression + first, weights, parts[part]);
    if (tasks & A4J_TASK_AU) parts[part].action_units += labelled_units(count, labels.action_units + first * kRowUnits);
  });
  for (const PartTotals& part : parts) sum.add(part);
  BatchTotals totals;
  for (int d = 0; d < 2; d++) totals.va[d] = moments(sum.va[d], pivot.x[d], pivot.y[d]);
  totals.expressions = sum.expressions;
  totals.expression_weights = sum.expression_weights;
  totals.action_units = sum.action_units;
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
  LabelWeights weights(options.class_weights, by_rows);
  LossAndCorrect of_rows[kParts], of_units[kParts], rows_sum, units_sum;
  for_blocks(rows, [&](int64_t first, int count, int part) {
    const float* z = logits + first * A4J_OUTPUTS;
    float* g = gradient + first * A4J_OUTPUTS;
    std::fill_n(g, count * A4J_OUTPUTS, 0.0f);
    if (va) va_slopes(count, z, labels.va + 2 * first, totals.va, g);
    if (expression) {
      expression_block(count, z + kExprColumn, labels.expression + first, weights, of_rows[part], g + kExprColumn);
    }
    if (units) {
      unit_block(count, z + kAuColumn, labels.action_units + first * kRowUnits, options.focal_gamma, by_units,
                 of_units[part], g + kAuColumn);
    }
  });
  for (const LossAndCorrect& part : of_rows) rows_sum.add(part);
  for (const LossAndCorrect& part : of_units) units_sum.add(part);
  values[A4J_LOSS_VA] = va ? 2 - ccc(totals.va[0]) - ccc(totals.va[1]) : 0;
  values[A4J_LOSS_EXPR] = rows_sum.loss.total();
  values[A4J_LOSS_AU] = units ? units_sum.loss.total() * by_units : 0;
  values[A4J_LOSS_TOTAL] = values[A4J_LOSS_VA] + values[A4J_LOSS_EXPR] + values[A4J_LOSS_AU];
  values[A4J_VALID_VA] = totals.va[0].n;
  values[A4J_VALID_EXPR] = totals.expressions;
  values[A4J_VALID_AU] = totals.action_units;
  values[A4J_CORRECT_EXPR] = static_cast<double>(rows_sum.correct);
  values[A4J_CORRECT_AU] = static_cast<double>(units_sum.correct);
}

namespace {

// Whether one of `count` labels is refused; bytes are from -1 to `largest`.
A4J_CPU_CLONES
bool any_refused(int64_t count, const float* va) {
  unsigned refused = 0;
  for (int64_t i = 0; i < count; i++) refused |= !((va[i] == -5) | ((va[i] >= -1) & (va[i] <= 1)));
  return refused != 0;
}

A4J_CPU_CLONES
bool any_refused(int64_t count, const int8_t* labels, int8_t largest) {
  uint8_t refused = 0;
  for (int64_t i = 0; i < count; i++) refused |= (labels[i] < -1) | (labels[i] > largest);
  return refused != 0;
}

bool any_refused(int64_t rows, const Labels& labels) {
  return any_refused(2 * rows, labels.va) || any_refused(rows, labels.expression, A4J_EXPRESSIONS - 1) ||
         any_refused(rows * kRowUnits, labels.action_units, 1);
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
