// A rank's side of training steps whose batch is shared out over several ranks: the losses' totals, the flat
// gradient, and, if asked for, the batch norms' sums are those of the whole batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <initializer_list>
#include <vector>

#include "ops/loss.h"
#include "parallel/buckets.h"
#include "parallel/communicator.h"

namespace a4j {

class Peers {
 public:
  // synchronised_norm: batch statistics over all ranks' rows instead of each rank's own.
  Peers(Communicator& communicator, bool synchronised_norm)
      : communicator_(communicator), synchronised_norm_(synchronised_norm) {}

  Communicator& communicator() const { return communicator_; }
  bool synchronised_norm() const { return synchronised_norm_; }

  // A step begins whose gradient will be written into this flat buffer.
  void begin(const at::Tensor& gradient);

  // The gradient is done from this offset to where an earlier call began: sums what has become a bucket while the
  // step goes on.
  void final_from(int64_t offset);

  // The whole batch's totals from the ranks'.
  void share(BatchTotals& totals);

  // Begins to sum what the ranks have of values [A4J_LOSS_VALUES].
  void begin_values(double* values);

  // Waits for the sums of the gradient and of the values.
  void finish();

  int64_t sum(int64_t value);
  void sum(std::initializer_list<std::vector<double>*> values);

  bool wish_to_stop = false;  // travels with the next step
  int stop_wishes = 0;        // ranks that wished to stop in the last step, the same number on all

 private:
  Communicator& communicator_;
  bool synchronised_norm_;
  at::Tensor gradient_;
  Buckets buckets_;
  std::vector<std::function<void()>> waits_;
  at::Tensor shares_;  // of the values that are being summed
  double* values_ = nullptr;
};

// multi_task_loss of this rank's rows as a part of the batch; without peers they are all of it.
void shared_loss(Peers* peers, int tasks, int rows, const float* logits, const Labels& labels,
                 const LossOptions& options, double* values, float* gradient);

}  // namespace a4j
