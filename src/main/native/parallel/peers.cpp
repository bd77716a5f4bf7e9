#include "parallel/peers.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <iterator>

#include "include/affect4j.h"

namespace a4j {

namespace {

// A value of each part's own, which the batch's is the sum of.
constexpr int kShares[] = {A4J_LOSS_EXPR, A4J_LOSS_AU, A4J_CORRECT_EXPR, A4J_CORRECT_AU};

void write(const Moments& m, double* out) {
  const double values[kMoments] = {m.n, m.x, m.y, m.xx, m.yy, m.xy};
  std::copy_n(values, kMoments, out);
}

}  // namespace

void Peers::begin(const at::Tensor& gradient) {
  gradient_ = gradient;
  buckets_.begin(gradient.numel());
  waits_.clear();
}

void Peers::final_from(int64_t offset) {
  buckets_.final_from(offset, [&](int64_t from, int64_t count) {
    waits_.push_back(communicator_.begin_sum(gradient_.narrow(0, from, count)));
  });
}

void Peers::share(BatchTotals& totals) {
  // Four sums, then the moments of each rank in a place of its own: a sum with zeros gathers them.
  constexpr int kSums = 4, kRank = 2 * kMoments;
  int world = communicator_.world();
  std::vector<double> shared(kSums + world * kRank, 0.0);
  shared[0] = totals.expressions;
  shared[1] = totals.expression_weights;
  shared[2] = totals.action_units;
  shared[3] = wish_to_stop ? 1 : 0;
  double* moments = shared.data() + kSums;
  for (int d = 0; d < 2; d++) write(totals.va[d], moments + communicator_.rank() * kRank + d * kMoments);
  communicator_.sum(shared.data(), static_cast<int>(shared.size()));
  totals.expressions = shared[0];
  totals.expression_weights = shared[1];
  totals.action_units = shared[2];
  stop_wishes = static_cast<int>(shared[3]);
  for (int d = 0; d < 2; d++) totals.va[d] = united(moments + d * kMoments, world, kRank);
}

void Peers::begin_values(double* values) {
  values_ = values;
  shares_ = at::empty({static_cast<int64_t>(std::size(kShares))}, at::kDouble);
  for (size_t i = 0; i < std::size(kShares); i++) shares_.data_ptr<double>()[i] = values[kShares[i]];
  waits_.push_back(communicator_.begin_sum(shares_));
}

void Peers::finish() {
  for (const std::function<void()>& wait : waits_) wait();
  waits_.clear();
  for (size_t i = 0; i < std::size(kShares); i++) values_[kShares[i]] = shares_.data_ptr<double>()[i];
  values_[A4J_LOSS_TOTAL] = values_[A4J_LOSS_VA] + values_[A4J_LOSS_EXPR] + values_[A4J_LOSS_AU];
}

int64_t Peers::sum(int64_t value) {
  double total = static_cast<double>(value);
  communicator_.sum(&total, 1);
  return static_cast<int64_t>(total);
}

void Peers::sum(std::initializer_list<std::vector<double>*> values) {
  std::vector<double> all;
  for (const std::vector<double>* part : values) all.insert(all.end(), part->begin(), part->end());
  communicator_.sum(all.data(), static_cast<int>(all.size()));
  auto next = all.begin();
  for (std::vector<double>* part : values) {
    std::copy_n(next, part->size(), part->begin());
    next += static_cast<int64_t>(part->size());
  }
}

void shared_loss(Peers* peers, int tasks, int rows, const float* logits, const Labels& labels,
                 const LossOptions& options, double* values, float* gradient) {
  BatchTotals totals = batch_totals(tasks, rows, logits, labels, options);
  if (peers != nullptr) peers->share(totals);
  multi_task_loss(tasks, rows, logits, labels, options, totals, values, gradient);
  if (peers != nullptr) peers->begin_values(values);
}

}  // namespace a4j
