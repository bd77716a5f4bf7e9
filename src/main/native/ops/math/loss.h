// Per-element formulas of the paper's three losses, shared by all backends. Scalars are double:
// a batch has 22 logits a row, so precision is free here.
#pragma once

#include "include/affect4j.h"
#include "ops/math/elementary.h"
#include "ops/math/portable.h"

namespace a4j {

// Where the expressions and the action units are in a row of logits.
constexpr int kExprColumn = 2;
constexpr int kAuColumn = 10;

// Whether valence and arousal, two floats, are labelled.
A4J_MATH bool has_va(const float* va) { return va[0] >= -1 && va[1] >= -1; }

struct ValueAndSlope {
  double value, slope;
};

// Of p = sigmoid(t) and q = 1 - p.
struct Sigmoid {
  double p, q, log_p, log_q;
};

// e = exp(-|t|). Of p and q, the larger is 1 / (1 + e), the smaller e / (1 + e); log(1 + e) is 2 artanh(e / (2 + e)).
// One division serves all, and no difference of near values is taken.
A4J_MATH Sigmoid sigmoid_from(double t, double e) {
  double inverse = 1 / ((1 + e) * (2 + e));
  double larger = inverse * (2 + e), smaller = e * larger, log_sum = twice_artanh(e * (inverse * (1 + e)));
  bool positive = t > 0;
  return {positive ? larger : smaller, positive ? smaller : larger, (positive ? 0 : t) - log_sum,
          (positive ? -t : 0) - log_sum};
}

A4J_MATH Sigmoid sigmoid(double t) { return sigmoid_from(t, exp_of(t > 0 ? -t : t)); }

// Focal loss of one action unit (L2 of the paper): -q^gamma log p, where p = sigmoid(t) is the true class's
// probability: t = logit for label 1 and -logit for label 0; the slope is d/dt. modulation = q^gamma.
A4J_MATH ValueAndSlope focal_loss_from(const Sigmoid& s, double gamma, double modulation) {
  return {-modulation * s.log_p, modulation * (gamma * s.p * s.log_p - s.q)};
}

// All steps, of a logit and its label; the slope is d/dlogit.
A4J_MATH ValueAndSlope focal_loss(double logit, bool positive, double gamma) {
  Sigmoid s = sigmoid(positive ? logit : -logit);
  ValueAndSlope loss = focal_loss_from(s, gamma, exp_of(gamma * s.log_q));
  return {loss.value, positive ? loss.slope : -loss.slope};
}

struct CrossEntropy {
  double value;
  bool correct;  // the arg max is the label
};

// weight * -log softmax(z)[label] of one row's 8 logits (a term of L1); its slopes go to slope [8].
A4J_MATH CrossEntropy cross_entropy(const float* z, int label, double weight, float* slope) {
  int top = 0;
  for (int c = 1; c < A4J_EXPRESSIONS; c++) top = z[c] > z[top] ? c : top;
  double e[A4J_EXPRESSIONS], total = 0;
  for (int c = 0; c < A4J_EXPRESSIONS; c++) total += e[c] = exp_of(static_cast<double>(z[c]) - z[top]);
  for (int c = 0; c < A4J_EXPRESSIONS; c++) slope[c] = static_cast<float>(weight * (e[c] / total - (c == label)));
  return {weight * (log_of(total) - (static_cast<double>(z[label]) - z[top])), top == label};
}

// First and second moments of predictions x and labels y of the valid rows.
struct Moments {
  double n = 0, x = 0, y = 0;     // count and means
  double xx = 0, yy = 0, xy = 0;  // population variances and covariance
};
constexpr int kMoments = 6;

// The moments of a whole from those of its parts, each kMoments doubles in the order above, which lie `stride` doubles
// apart (Chan, Golub and LeVeque 1979).
A4J_MATH Moments united(const double* parts, int count, int stride) {
  Moments all;
  for (const double* p = parts; p < parts + count * stride; p += stride) {
    all.n += p[0];
    all.x += p[0] * p[1];
    all.y += p[0] * p[2];
  }
  if (all.n == 0) return all;
  all.x /= all.n;
  all.y /= all.n;
  for (const double* p = parts; p < parts + count * stride; p += stride) {
    double dx = p[1] - all.x, dy = p[2] - all.y, share = p[0] / all.n;
    all.xx += share * (p[3] + dx * dx);
    all.yy += share * (p[4] + dy * dy);
    all.xy += share * (p[5] + dx * dy);
  }
  return all;
}

// Concordance correlation coefficient: 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2). Where the
// denominator is 0 (both constant and equal, or no row) it is defined as 0. NaN stays NaN.
A4J_MATH double ccc_denominator(const Moments& m) { return m.xx + m.yy + (m.x - m.y) * (m.x - m.y); }

A4J_MATH double ccc(const Moments& m) {
  double denominator = ccc_denominator(m);
  return denominator <= 0 ? 0 : 2 * m.xy / denominator;
}

// d(1 - CCC)/dx_i = -2 / (n D) ((y_i - m_y) - CCC (x_i - m_y)).
A4J_MATH double ccc_loss_slope(const Moments& m, double x, double y) {
  double denominator = ccc_denominator(m);
  return denominator <= 0 ? 0 : -2 / (m.n * denominator) * ((y - m.y) - ccc(m) * (x - m.y));
}

}  // namespace a4j
