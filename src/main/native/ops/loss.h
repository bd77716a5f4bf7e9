// The fused multi-task loss: L = L1 + L2 + L3 of the paper over the heads of a task mask, its
// gradient by the logits, and the counters of a step, in one pass. See a4j_loss in affect4j.h.
#pragma once

#include <cstdint>

#include "ops/math/loss.h"

namespace a4j {

struct LossOptions {
  float class_weights[8];
  float focal_gamma;
  bool weighted_mean;
};

struct Labels {
  const float* va;             // [rows][2]
  const int8_t* expression;    // [rows]
  const int8_t* action_units;  // [rows][12]
};

// What a row's loss needs to know of its whole batch.
struct BatchTotals {
  Moments va[2];                   // of valence and arousal
  double expressions = 0;          // labelled rows
  double expression_weights = 0;   // sum of their class weights
  double action_units = 0;         // labelled action units
};

BatchTotals batch_totals(int tasks, int rows, const float* logits, const Labels& labels, const LossOptions& options);

// values: [A4J_LOSS_VALUES]; gradient: [rows][A4J_OUTPUTS], 0 where a label or a head is missing.
// The rows may be a part of the batch that the totals describe: L1, L2 and the counts of right answers are then the
// part's share, to be summed over all parts; L3 and the counts of labels are the batch's.
void multi_task_loss(int tasks, int rows, const float* logits, const Labels& labels, const LossOptions& options,
                     const BatchTotals& totals, double* values, float* gradient);

// The same for a whole batch.
void multi_task_loss(int tasks, int rows, const float* logits, const Labels& labels, const LossOptions& options,
                     double* values, float* gradient);

// Throws std::invalid_argument, naming the row, if a label is outside its documented range.
void check_labels(int rows, const Labels& labels);

}  // namespace a4j
