// multi_task_loss() against the paper's equations written in libtorch double, differentiated by
// autograd, and against finite differences of its own values.
#include "ops/loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <omp.h>

#include <stdexcept>

#include "check.h"
#include "include/affect4j.h"

using namespace a4j_test;

namespace {

constexpr int kAll = A4J_TASK_VA | A4J_TASK_EXPR | A4J_TASK_AU;

struct Case {
  int rows = 0;
  int tasks = kAll;
  std::vector<float> logits, va;
  std::vector<int8_t> expression, units;
  a4j::LossOptions options{{3.7807f, 19.9001f, 28.6127f, 29.0343f, 4.9983f, 11.9129f, 17.3384f, 3.6474f}, 1, false};

  a4j::Labels labels() const { return {va.data(), expression.data(), units.data()}; }
};

struct Result {
  std::vector<double> values = std::vector<double>(A4J_LOSS_VALUES, NAN);
  std::vector<float> gradient;
};

// Labels missing with probability `missing`, independently a task (a unit, for action units).
Case random_case(int rows, double missing, double deviation, int seed) {
  Random random(seed);
  std::uniform_real_distribution<double> chance(0, 1);
  Case c;
  c.rows = rows;
  c.logits = normal(random, static_cast<int64_t>(rows) * A4J_OUTPUTS, 0, deviation);
  c.va = uniform(random, 2 * static_cast<int64_t>(rows), -1, 1);
  for (int i = 0; i < rows; i++) {
    if (chance(random) < missing) c.va[2 * i] = c.va[2 * i + 1] = -5;
    c.expression.push_back(static_cast<int8_t>(chance(random) < missing ? -1 : below(random, A4J_EXPRESSIONS)));
    for (int u = 0; u < A4J_ACTION_UNITS; u++) {
      c.units.push_back(static_cast<int8_t>(chance(random) < missing ? -1 : below(random, 2)));
    }
  }
  return c;
}

Result ours(const Case& c) {
  Result r;
  r.gradient.assign(static_cast<size_t>(c.rows) * A4J_OUTPUTS, NAN);
  a4j::multi_task_loss(c.tasks, c.rows, c.logits.data(), c.labels(), c.options, r.values.data(), r.gradient.data());
  return r;
}

std::vector<int64_t> valid_rows(const Case& c, bool va) {
  std::vector<int64_t> rows;
  for (int i = 0; i < c.rows; i++) {
    if (va ? c.va[2 * i] != -5 && c.va[2 * i + 1] != -5 : c.expression[i] >= 0) rows.push_back(i);
  }
  return rows;
}

at::Tensor zero() { return at::zeros({}, at::kDouble); }

// L3 = (1 - CCC_V) + (1 - CCC_A), population moments.
at::Tensor va_reference(const Case& c, const at::Tensor& logits) {
  std::vector<int64_t> rows = valid_rows(c, true);
  if (rows.empty()) return zero();
  at::Tensor index = at::tensor(rows, at::kLong), loss = zero();
  at::Tensor labels = at::from_blob(const_cast<float*>(c.va.data()), {c.rows, 2}).to(at::kDouble);
  for (int d = 0; d < 2; d++) {
    at::Tensor x = at::tanh(logits.select(1, d).index_select(0, index)), y = labels.select(1, d).index_select(0, index);
    at::Tensor dx = x - x.mean(), dy = y - y.mean(), gap = x.mean() - y.mean();
    loss = loss + 1 - 2 * (dx * dy).mean() / ((dx * dx).mean() + (dy * dy).mean() + gap * gap);
  }
  return loss;
}

// L1 = w_y CE, averaged over rows or weights.
at::Tensor expression_reference(const Case& c, const at::Tensor& logits) {
  std::vector<int64_t> rows = valid_rows(c, false), labels;
  if (rows.empty()) return zero();
  std::vector<double> weights;
  for (int64_t row : rows) {
    labels.push_back(c.expression[row]);
    weights.push_back(c.options.class_weights[c.expression[row]]);
  }
  at::Tensor z = logits.narrow(1, 2, A4J_EXPRESSIONS).index_select(0, at::tensor(rows, at::kLong));
  at::Tensor log_p = at::log_softmax(z, 1).gather(1, at::tensor(labels, at::kLong).unsqueeze(1)).squeeze(1);
  at::Tensor w = at::tensor(weights, at::kDouble);
  return -(w * log_p).sum() / (c.options.weighted_mean ? w.sum() : at::scalar_tensor(double(rows.size()), at::kDouble));
}

// L2: -(1-p)^gamma log p of positives, -p^gamma log(1-p) of negatives, averaged over valid units.
at::Tensor unit_reference(const Case& c, const at::Tensor& logits) {
  at::Tensor labels =
      at::from_blob(const_cast<int8_t*>(c.units.data()), {c.rows, A4J_ACTION_UNITS}, at::kChar).to(at::kDouble);
  at::Tensor valid = labels.ge(0);
  if (c.rows == 0 || !valid.any().item<bool>()) return zero();
  at::Tensor t = (logits.narrow(1, 10, A4J_ACTION_UNITS) * (2 * labels - 1)).masked_select(valid);
  return -(at::exp(c.options.focal_gamma * at::log_sigmoid(-t)) * at::log_sigmoid(t)).mean();
}

void compare(const Case& c, const std::string& what) {
  Result r = ours(c);
  at::Tensor logits =
      at::from_blob(const_cast<float*>(c.logits.data()), {c.rows, A4J_OUTPUTS}).to(at::kDouble).detach();
  logits.requires_grad_();
  at::Tensor va = c.tasks & A4J_TASK_VA ? va_reference(c, logits) : zero();
  at::Tensor expression = c.tasks & A4J_TASK_EXPR ? expression_reference(c, logits) : zero();
  at::Tensor units = c.tasks & A4J_TASK_AU ? unit_reference(c, logits) : zero();
  at::Tensor total = va + expression + units;
  const double expected[4] = {total.item<double>(), va.item<double>(), expression.item<double>(), units.item<double>()};
  check_error(error(r.values.data(), expected, 4), 1e-12, what + ", values");
  at::Tensor slope = at::zeros_like(logits);
  if (total.requires_grad()) slope = torch::autograd::grad({total}, {logits})[0].contiguous();
  // Each head on its own scale: an extreme logit of one must not hide an error of another.
  const int columns[4] = {0, 2, 10, 22};
  for (int head = 0; head < 3; head++) {
    std::vector<double> a, b;
    for (int i = 0; i < c.rows; i++) {
      for (int k = columns[head]; k < columns[head + 1]; k++) {
        a.push_back(r.gradient[static_cast<size_t>(i) * A4J_OUTPUTS + k]);
        b.push_back(slope.data_ptr<double>()[i * A4J_OUTPUTS + k]);
      }
    }
    check_error(error(a.data(), b.data(), static_cast<int64_t>(a.size()), 1e-30), 1e-6,
                what + ", gradient of head " + std::to_string(head));
  }
}

void counters(const Case& c, const std::string& what) {
  Result r = ours(c);
  double va = 0, expression = 0, units = 0, right_expression = 0, right_units = 0;
  for (int i = 0; i < c.rows; i++) {
    const float* z = &c.logits[static_cast<size_t>(i) * A4J_OUTPUTS];
    va += c.va[2 * i] != -5 && c.va[2 * i + 1] != -5;
    expression += c.expression[i] >= 0;
    right_expression += std::max_element(z + 2, z + 10) - (z + 2) == c.expression[i];
    for (int u = 0; u < A4J_ACTION_UNITS; u++) {
      int8_t label = c.units[static_cast<size_t>(i) * A4J_ACTION_UNITS + u];
      units += label >= 0;
      right_units += label >= 0 && (z[10 + u] > 0) == (label == 1);
    }
  }
  const double expected[5] = {c.tasks & A4J_TASK_VA ? va : 0, c.tasks & A4J_TASK_EXPR ? expression : 0,
                              c.tasks & A4J_TASK_AU ? units : 0, c.tasks & A4J_TASK_EXPR ? right_expression : 0,
                              c.tasks & A4J_TASK_AU ? right_units : 0};
  check(std::equal(expected, expected + 5, r.values.begin() + A4J_VALID_VA), what + ", counters");
}

void random_batches() {
  int seed = 0;
  for (int rows : {0, 1, 2, 3, 5, 17, 64, 257}) {
    for (double missing : {0.0, 0.3, 0.9, 1.0}) {
      for (float gamma : {0.0f, 0.5f, 1.0f, 2.0f, 5.0f}) {
        for (bool weighted_mean : {false, true}) {
          Case c = random_case(rows, missing, 2, seed++);
          c.options.focal_gamma = gamma;
          c.options.weighted_mean = weighted_mean;
          std::string what = std::to_string(rows) + " rows, missing " + std::to_string(missing) + ", gamma " +
                             std::to_string(gamma) + ", weighted mean " + std::to_string(weighted_mean);
          compare(c, what);
          counters(c, what);
        }
      }
    }
  }
}

// Heads that a model lacks are NaN in its logits: they must not leak into values or gradients.
void absent_heads() {
  for (int tasks = 1; tasks <= kAll; tasks++) {
    Case c = random_case(31, 0.2, 2, 1000 + tasks);
    c.tasks = tasks;
    compare(c, "tasks " + std::to_string(tasks));
    Result clean = ours(c);
    for (int i = 0; i < c.rows; i++) {
      float* z = &c.logits[static_cast<size_t>(i) * A4J_OUTPUTS];
      if (!(tasks & A4J_TASK_VA)) std::fill(z, z + 2, NAN);
      if (!(tasks & A4J_TASK_EXPR)) std::fill(z + 2, z + 10, NAN);
      if (!(tasks & A4J_TASK_AU)) std::fill(z + 10, z + 22, NAN);
    }
    Result absent = ours(c);
    check(clean.values == absent.values && clean.gradient == absent.gradient, "NaN of absent heads does not leak");
    counters(c, "tasks " + std::to_string(tasks));
  }
}

void one_valid_row() {
  Case c = random_case(9, 1, 2, 2000);
  c.va[8] = 0.25f, c.va[9] = -0.5f;
  c.expression[4] = 3;
  c.units[4 * A4J_ACTION_UNITS + 5] = 1;
  compare(c, "one valid row");
  Result r = ours(c);
  check(std::abs(r.values[A4J_LOSS_VA] - 2) < 1e-15, "one row has no covariance: L3 is 2");
}

void half_labelled_valence_counts_as_missing() {
  Case c = random_case(6, 0, 1, 2001);
  c.va[2] = -5;
  c.va[7] = -5;
  compare(c, "rows with only one of valence and arousal");
  check(ours(c).values[A4J_VALID_VA] == 4, "rows with only one of valence and arousal are missing");
}

void extreme_logits() {
  for (float magnitude : {30.0f, 100.0f, 1e4f, 1e30f}) {
    for (float gamma : {0.0f, 0.5f, 1.0f, 5.0f}) {
      Case c = random_case(32, 0.2, 1, 3000);
      c.options.focal_gamma = gamma;
      for (size_t i = 0; i < c.logits.size(); i += 3) c.logits[i] = i % 2 ? magnitude : -magnitude;
      Result r = ours(c);
      bool finite = true;
      for (double value : r.values) finite = finite && std::isfinite(value);
      for (float g : r.gradient) finite = finite && std::isfinite(g);
      check(finite, "finite at logits of " + std::to_string(magnitude));
      compare(c, "logits of " + std::to_string(magnitude) + ", gamma " + std::to_string(gamma));
    }
  }
}

void constant_valence() {
  Case c = random_case(16, 0, 1, 4000);
  for (int i = 0; i < c.rows; i++) c.logits[static_cast<size_t>(i) * A4J_OUTPUTS] = 0.7f;
  compare(c, "constant predictions");
  for (int i = 0; i < c.rows; i++) c.va[2 * i] = 0.5f;
  compare(c, "constant predictions and labels");
  c = random_case(16, 0, 1, 4001);
  for (int i = 0; i < c.rows; i++) c.va[2 * i] = -0.25f;
  compare(c, "constant labels");
  // Predictions and labels constant and equal: CCC is 0/0, defined as 0, without a gradient.
  for (int i = 0; i < c.rows; i++) {
    c.logits[static_cast<size_t>(i) * A4J_OUTPUTS] = 0;
    c.va[2 * i] = 0;
  }
  Result r = ours(c);
  double slope = 0;
  for (int i = 0; i < c.rows; i++) slope += std::abs(r.gradient[static_cast<size_t>(i) * A4J_OUTPUTS]);
  check(slope == 0 && std::isfinite(r.values[A4J_LOSS_VA]), "equal constants: loss 1, gradient 0");
}

void perfect_valence() {
  Case c = random_case(50, 0, 1, 5000);
  for (int i = 0; i < c.rows; i++) {
    for (int d = 0; d < 2; d++) {
      c.va[2 * i + d] = static_cast<float>(std::tanh(c.logits[static_cast<size_t>(i) * A4J_OUTPUTS + d]));
    }
  }
  Result r = ours(c);
  check(std::abs(r.values[A4J_LOSS_VA]) < 1e-6, "predictions equal to the labels: L3 is 0");
}

// Central differences of the reported loss: independent of any derivation.
void finite_differences() {
  constexpr float kStep = 0x1p-9f;
  for (int seed = 0; seed < 6; seed++) {
    Case c = random_case(7, 0.25, 1, 6000 + seed);
    c.options.focal_gamma = 0.5f * static_cast<float>(seed);
    c.options.weighted_mean = seed % 2 == 1;
    Result r = ours(c);
    std::vector<double> slopes;
    for (size_t i = 0; i < c.logits.size(); i++) {
      float middle = c.logits[i], above = middle + kStep, below = middle - kStep;
      c.logits[i] = above;
      double high = ours(c).values[A4J_LOSS_TOTAL];
      c.logits[i] = below;
      double low = ours(c).values[A4J_LOSS_TOTAL];
      c.logits[i] = middle;
      slopes.push_back((high - low) / (static_cast<double>(above) - below));
    }
    check_error(error(r.gradient.data(), slopes.data(), static_cast<int64_t>(slopes.size())), 1e-5,
                "finite differences");
  }
}

void known_values() {
  Case c = random_case(2, 1, 0, 7000);
  c.options = {{1, 1, 1, 1, 1, 1, 1, 1}, 1, false};
  c.expression = {0, 7};
  std::fill(c.units.begin(), c.units.end(), int8_t(1));
  Result r = ours(c);
  check(std::abs(r.values[A4J_LOSS_EXPR] - std::log(8.0)) < 1e-15, "even logits: L1 is log 8");
  check(std::abs(r.values[A4J_LOSS_AU] - 0.5 * std::log(2.0)) < 1e-15, "p = 1/2, gamma 1: L2 is log(2) / 2");
  check(r.values[A4J_LOSS_VA] == 0, "no valence label: L3 is 0");
}

// Units in the last place, against long double.
void elementary_functions() {
  auto far = [](double ours, long double exact) {
    return std::abs(static_cast<double>((ours - exact) / (exact * 0x1p-52L)));
  };
  double exp = 0, log = 0, p = 0, q = 0, log_p = 0, tanh = 0;
  for (int i = 0; i <= 100000; i++) {
    double x = i * -0.007, t = (i - 50000) * 0.0139;
    exp = std::max(exp, far(a4j::exp_of(x), std::exp(static_cast<long double>(x))));
    double more = 1 + i * 7e-5 + i % 97 * (i % 89) * 1e3;
    if (i > 0) log = std::max(log, far(a4j::log_of(more), std::log(static_cast<long double>(more))));
    a4j::Sigmoid s = a4j::sigmoid(t);
    long double e = std::exp(-static_cast<long double>(t));
    p = std::max(p, far(s.p, 1 / (1 + e)));
    q = std::max(q, far(s.q, e / (1 + e)));
    log_p = std::max(log_p, far(s.log_p, t > 0 ? -std::log1p(e) : t - std::log1p(1 / e)));
    tanh = std::max(tanh, std::abs(a4j::tanh_of(t / 30) - std::tanh(t / 30)) / 0x1p-52);
  }
  check_error(exp, 2, "exp, in units in the last place");
  check_error(log, 3, "log");
  check_error(p, 4, "sigmoid");
  check_error(q, 4, "1 - sigmoid");
  check_error(log_p, 4, "log sigmoid");
  check_error(tanh, 2, "tanh, in 2^-52");
  check(a4j::exp_of(0) == 1 && a4j::log_of(1) == 0 && a4j::tanh_of(0) == 0, "exp 0, log 1 and tanh 0 are exact");
  check(std::isnan(a4j::exp_of(NAN)) && std::isnan(a4j::log_of(NAN)) && std::isnan(a4j::tanh_of(NAN)), "NaN stays NaN");
}

void not_a_number_shows() {
  for (int column : {0, 9, 21}) {
    Case c = random_case(40, 0, 1, 9000);
    c.logits[5 * A4J_OUTPUTS + column] = NAN;
    double loss = ours(c).values[A4J_LOSS_TOTAL];
    check(std::isnan(loss), "NaN in column " + std::to_string(column) + " makes the loss NaN");
  }
}

void any_number_of_threads() {
  Case c = random_case(4001, 0.2, 2, 9001);
  int before = omp_get_max_threads();
  omp_set_num_threads(1);
  Result one = ours(c);
  for (int threads : {2, 3, 5}) {
    omp_set_num_threads(threads);
    Result more = ours(c);
    check(same_bits(one.values, more.values) && same_bits(one.gradient, more.gradient),
          "the same bits on " + std::to_string(threads) + " threads");
  }
  omp_set_num_threads(before);
  compare(c, "4001 rows");
}

void bad_labels() {
  auto refused = [](auto spoil, const char* what) {
    Case c = random_case(3, 0, 1, 8000);
    a4j::check_labels(c.rows, c.labels());
    spoil(c);
    try {
      a4j::check_labels(c.rows, c.labels());
      check(false, std::string(what) + " is refused");
    } catch (const std::invalid_argument& e) {
      check(std::strstr(e.what(), "row 2") != nullptr, std::string(what) + " names the row");
    }
  };
  refused([](Case& c) { c.va[4] = 1.5f; }, "valence 1.5");
  refused([](Case& c) { c.va[5] = NAN; }, "arousal NaN");
  refused([](Case& c) { c.va[5] = -4.99f; }, "arousal -4.99");
  refused([](Case& c) { c.expression[2] = 8; }, "expression 8");
  refused([](Case& c) { c.expression[2] = -2; }, "expression -2");
  refused([](Case& c) { c.units[35] = 2; }, "action unit 2");
}

}  // namespace

int main() {
  random_batches();
  absent_heads();
  one_valid_row();
  half_labelled_valence_counts_as_missing();
  extreme_logits();
  constant_valence();
  perfect_valence();
  finite_differences();
  known_values();
  elementary_functions();
  not_a_number_shows();
  any_number_of_threads();
  bad_labels();
  return report("loss_test");
}
