package io.github.affect4j.data.synthetic;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;

/**
 * How often a row has a label.
 *
 * @param va probability of valence and arousal
 * @param expression probability of the expression
 * @param actionUnits probability of the action units
 * @param partial probability that one action unit, or one of valence and arousal, is missing alone
 */
record MissingLabels(double va, double expression, double actionUnits, double partial) {
  /** s-Aff-Wild2's training set: 103,917, 90,645 and 103,316 labels on 142,382 images. */
  static final MissingLabels TRAINING =
      new MissingLabels(103_917 / 142_382.0, 90_645 / 142_382.0, 103_316 / 142_382.0, 0.01);

  /** Its validation set: 26,876, 15,440 and 26,876 labels on 26,876 images. */
  static final MissingLabels VALIDATION = new MissingLabels(1, 15_440 / 26_876.0, 1, 0);

  /** Takes labels away; each row keeps at least one. */
  void apply(LabelSet labels, int row, Draw draw) {
    boolean keepsExpression = draw.chance(expression);
    boolean keepsActionUnits = draw.chance(actionUnits);
    boolean keepsVa = draw.chance(va) || !keepsExpression && !keepsActionUnits;
    if (!keepsExpression) {
      labels.expression()[row] = LabelSet.INVALID;
    }
    for (int unit = 0; unit < ActionUnit.COUNT && !keepsActionUnits; unit++) {
      labels.actionUnits()[row * ActionUnit.COUNT + unit] = LabelSet.INVALID;
    }
    if (!keepsVa) {
      labels.valence()[row] = LabelSet.INVALID_VA;
      labels.arousal()[row] = LabelSet.INVALID_VA;
    }
    takePart(labels, row, draw, keepsExpression && keepsActionUnits);
  }

  private void takePart(LabelSet labels, int row, Draw draw, boolean hasOthers) {
    if (draw.chance(partial)) {
      labels.actionUnits()[row * ActionUnit.COUNT + draw.below(ActionUnit.COUNT)] = LabelSet.INVALID;
    }
    if (hasOthers && draw.chance(partial / 2)) {
      labels.arousal()[row] = LabelSet.INVALID_VA;
    }
  }
}
