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

void va_loss(int rows, const float* logits, const float* va, double* values, float* gradient) {
  for (int dimension = 0; dimension < 2; dimension++) {
    Moments m = va_moments(rows, logits, va, dimension);
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

// Divisor of L1: the number of valid rows (the paper), or the sum of their weights (PyTorch).
double expression_divisor(int rows, const int8_t* expression, const LossOptions& options, double* values) {
  double weights = 0;
  for (int i = 0; i < rows; i++) {
    if (expression[i] < 0) continue;
    values[A4J_VALID_EXPR]++;
    weights += options.class_weights[expression[i]];
  }
  return options.weighted_mean ? weights : values[A4J_VALID_EXPR];
}

void expression_loss(int rows, const float* logits, const int8_t* expression, const LossOptions& options,
                     double* values, float* gradient) {
  double divisor = expression_divisor(rows, expression, options, values);
  double sum = 0;
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

void action_unit_loss(int rows, const float* logits, const int8_t* units, double gamma, double* values,
                      float* gradient) {
  int64_t count = static_cast<int64_t>(rows) * A4J_ACTION_UNITS;
  int64_t valid = std::count_if(units, units + count, [](int8_t unit) { return unit >= 0; });
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
  values[A4J_VALID_AU] = static_cast<double>(valid);
  values[A4J_LOSS_AU] = sum / valid;
}

}  // namespace

void multi_task_loss(int tasks, int rows, const float* logits, const Labels& labels, const LossOptions& options,
                     double* values, float* gradient) {
  std::fill_n(values, A4J_LOSS_VALUES, 0.0);
  std::fill_n(gradient, static_cast<int64_t>(rows) * A4J_OUTPUTS, 0.0f);
  if (tasks & A4J_TASK_VA) va_loss(rows, logits, labels.va, values, gradient);
  if (tasks & A4J_TASK_EXPR) expression_loss(rows, logits, labels.expression, options, values, gradient);
  if (tasks & A4J_TASK_AU) action_unit_loss(rows, logits, labels.action_units, options.focal_gamma, values, gradient);
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
