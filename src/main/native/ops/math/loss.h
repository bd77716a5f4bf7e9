// Per-element formulas of the paper's three losses, shared by all backends. Scalars are double:
// a batch has 22 logits a row, so precision is free here.
#pragma once

#include <cmath>

#include "ops/math/portable.h"

namespace a4j {

// log(1 + e^x) without overflow.
A4J_MATH double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

struct ValueAndSlope {
  double value, slope;
};

// Focal loss of one action unit (L2 of the paper): -(1 - p)^gamma log p of the true class's
// probability p = sigmoid(t), where t = logit for label 1 and -logit for label 0. The slope is d/dlogit.
A4J_MATH ValueAndSlope focal_loss(double logit, bool positive, double gamma) {
  double t = positive ? logit : -logit;
  double log_p = -softplus(-t);
  double log_q = -softplus(t);  // q = 1 - p
  double modulation = exp(gamma * log_q);
  double slope = modulation * (gamma * exp(log_p) * log_p - exp(log_q));
  return {-modulation * log_p, positive ? slope : -slope};
}

// First and second moments of predictions x and labels y of the valid rows.
struct Moments {
  double n = 0, x = 0, y = 0;     // count and means
  double xx = 0, yy = 0, xy = 0;  // population variances and covariance
};

// Concordance correlation coefficient: 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2). Where the
// denominator is 0 (both constant and equal, or no row) it is defined as 0.
A4J_MATH double ccc_denominator(const Moments& m) { return m.xx + m.yy + (m.x - m.y) * (m.x - m.y); }

A4J_MATH double ccc(const Moments& m) {
  double denominator = ccc_denominator(m);
  return denominator > 0 ? 2 * m.xy / denominator : 0;
}

// d(1 - CCC)/dx_i = -2 / (n D) ((y_i - m_y) - CCC (x_i - m_y)).
A4J_MATH double ccc_loss_slope(const Moments& m, double x, double y) {
  double denominator = ccc_denominator(m);
  return denominator > 0 ? -2 / (m.n * denominator) * ((y - m.y) - ccc(m) * (x - m.y)) : 0;
}

}  // namespace a4j
