package io.github.affect4j.data.synthetic;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import java.util.EnumMap;
import java.util.Map;

/**
 * Which action units an expression shows, after the prototypes of the emotional facial action
 * coding system, and how often each expression occurs in the real training set.
 */
final class Prototypes {
  private static final double CHANCE_OF_OTHERS = 0.03;

  /** Labelled training images of each expression, s-Aff-Wild2. */
  private static final int[] FREQUENCIES = {23976, 4555, 3168, 3122, 18135, 7609, 5228, 24852};

  private static final Map<Expression, Map<ActionUnit, Double>> CHANCES = chances();

  private Prototypes() {}

  private static Map<Expression, Map<ActionUnit, Double>> chances() {
    Map<Expression, Map<ActionUnit, Double>> all = new EnumMap<>(Expression.class);
    all.put(Expression.NEUTRAL, Map.of());
    all.put(Expression.ANGER, Map.of(ActionUnit.AU4, 0.97, ActionUnit.AU7, 0.9, ActionUnit.AU23, 0.95));
    all.put(Expression.DISGUST, Map.of(
        ActionUnit.AU10, 0.97, ActionUnit.AU4, 0.4, ActionUnit.AU7, 0.3, ActionUnit.AU25, 0.3));
    all.put(Expression.FEAR, Map.of(
        ActionUnit.AU1, 0.95, ActionUnit.AU2, 0.8, ActionUnit.AU4, 0.95, ActionUnit.AU25, 0.9, ActionUnit.AU26, 0.3));
    all.put(Expression.HAPPINESS, Map.of(ActionUnit.AU6, 0.9, ActionUnit.AU12, 0.97, ActionUnit.AU25, 0.65));
    all.put(Expression.SADNESS, Map.of(ActionUnit.AU1, 0.9, ActionUnit.AU4, 0.6, ActionUnit.AU15, 0.95));
    all.put(Expression.SURPRISE, Map.of(
        ActionUnit.AU1, 0.95, ActionUnit.AU2, 0.95, ActionUnit.AU25, 0.95, ActionUnit.AU26, 0.9));
    all.put(Expression.OTHER, Map.of(
        ActionUnit.AU24, 0.9, ActionUnit.AU7, 0.4, ActionUnit.AU2, 0.3, ActionUnit.AU12, 0.15));
    return all;
  }

  /**
   * The expression of the n-th segment. A golden-ratio sequence through the cumulative frequencies
   * keeps rare classes present in small sets too.
   */
  static Expression expression(long segment, double offset) {
    double place = (offset + segment * 0.6180339887498949) % 1;
    double total = 0;
    for (int frequency : FREQUENCIES) {
      total += frequency;
    }
    double cumulative = 0;
    for (int i = 0; i < FREQUENCIES.length - 1; i++) {
      cumulative += FREQUENCIES[i] / total;
      if (place < cumulative) {
        return Expression.values()[i];
      }
    }
    return Expression.OTHER;
  }

  /** Draws the action units of an expression. */
  static Affect draw(Expression expression, Draw draw) {
    double[] intensities = new double[ActionUnit.COUNT];
    for (ActionUnit unit : ActionUnit.values()) {
      double chance = CHANCES.get(expression).getOrDefault(unit, CHANCE_OF_OTHERS);
      boolean present = draw.chance(chance);
      intensities[unit.ordinal()] = present ? draw.between(0.65, 1) : draw.between(0, 0.1);
    }
    return new Affect(intensities, expression);
  }
}
