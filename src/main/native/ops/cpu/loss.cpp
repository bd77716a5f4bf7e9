#include "ops/loss.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "include/affect4j.h"
#include "ops/math/loss.h"

namespace a4j {

namespace {

// Two passes over the valid rows: means first, then central moments, in double.
Moments va_moments(int rows, const float* logits, const float* va, int dimension) {
  Moments m;
  for (int i = 0; i < rows; i++) {
    if (!has_va(va + 2 * i)) continue;
    m.n++;
    m.x += std::tanh(static_cast<double>(logits[i * A4J_OUTPUTS + dimension]));
    m.y += va[2 * i + dimension];
  }
  if (m.n == 0) return m;
  m.x /= m.n;
  m.y /= m.n;
  for (int i = 0; i < rows; i++) {
    if (!has_va(va + 2 * i)) continue;
    double dx = std::tanh(static_cast<double>(logits[i * A4J_OUTPUTS + dimension])) - m.x;
    double dy = va[2 * i + dimension] - m.y;
    m.xx += dx * dx / m.n;
    m.yy += dy * dy / m.n;
    m.xy += dx * dy / m.n;
  }
  return m;
}

void va_loss(int rows, const float* logits, const float* va, const Moments* moments, double* values, float* gradient) {
  for (int dimension = 0; dimension < 2; dimension++) {
    const Moments& m = moments[dimension];
    values[A4J_VALID_VA] = m.n;
    if (m.n == 0) return;
    values[A4J_LOSS_VA] += 1 - ccc(m);
    for (int i = 0; i < rows; i++) {
      if (!has_va(va + 2 * i)) continue;
      double x = std::tanh(static_cast<double>(logits[i * A4J_OUTPUTS + dimension]));
      gradient[i * A4J_OUTPUTS + dimension] =
          static_cast<float>(ccc_loss_slope(m, x, va[2 * i + dimension]) * (1 - x * x));
    }
  }
}

void expression_totals(int rows, const int8_t* expression, const LossOptions& options, BatchTotals& totals) {
  for (int i = 0; i < rows; i++) {
    if (expression[i] < 0) continue;
    totals.expressions++;
    totals.expression_weights += options.class_weights[expression[i]];
  }
}

void expression_loss(int rows, const float* logits, const int8_t* expression, const LossOptions& options,
                     const BatchTotals& totals, double* values, float* gradient) {
  // The number of valid rows (the paper), or the sum of their weights (PyTorch).
  double divisor = options.weighted_mean ? totals.expression_weights : totals.expressions;
  double sum = 0;
  values[A4J_VALID_EXPR] = totals.expressions;
  for (int i = 0; i < rows; i++) {
    if (expression[i] < 0) continue;
    int64_t at = static_cast<int64_t>(i) * A4J_OUTPUTS + kExprColumn;
    int label = expression[i];
    CrossEntropy loss = cross_entropy(logits + at, label, options.class_weights[label] / divisor, gradient + at);
    sum += loss.value;
    values[A4J_CORRECT_EXPR] += loss.correct;
  }
  values[A4J_LOSS_EXPR] = sum;
}

double labelled_units(int rows, const int8_t* units) {
  int64_t count = static_cast<int64_t>(rows) * A4J_ACTION_UNITS;
  return static_cast<double>(std::count_if(units, units + count, [](int8_t unit) { return unit >= 0; }));
}

void action_unit_loss(int rows, const float* logits, const int8_t* units, double gamma, double valid, double* values,
                      float* gradient) {
  if (valid == 0) return;
  double sum = 0;
  for (int i = 0; i < rows; i++) {
    for (int u = 0; u < A4J_ACTION_UNITS; u++) {
      int8_t label = units[i * A4J_ACTION_UNITS + u];
      if (label < 0) continue;
      int64_t at = static_cast<int64_t>(i) * A4J_OUTPUTS + kAuColumn + u;
      ValueAndSlope loss = focal_loss(logits[at], label == 1, gamma);
      sum += loss.value;
      gradient[at] = static_cast<float>(loss.slope / valid);
      values[A4J_CORRECT_AU] += (logits[at] > 0) == (label == 1);
    }
  }
  values[A4J_VALID_AU] = valid;
  values[A4J_LOSS_AU] = sum / valid;
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
  std::fill_n(values, A4J_LOSS_VALUES, 0.0);
  std::fill_n(gradient, static_cast<int64_t>(rows) * A4J_OUTPUTS, 0.0f);
  if (tasks & A4J_TASK_VA) va_loss(rows, logits, labels.va, totals.va, values, gradient);
  if (tasks & A4J_TASK_EXPR) expression_loss(rows, logits, labels.expression, options, totals, values, gradient);
  if (tasks & A4J_TASK_AU) {
    action_unit_loss(rows, logits, labels.action_units, options.focal_gamma, totals.action_units, values, gradient);
  }
  values[A4J_LOSS_TOTAL] = values[A4J_LOSS_VA] + values[A4J_LOSS_EXPR] + values[A4J_LOSS_AU];
}

void check_labels(int rows, const Labels& labels) {
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
