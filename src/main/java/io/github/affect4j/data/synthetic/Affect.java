package io.github.affect4j.data.synthetic;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;

/**
 * The state of a face in one frame and its labels.
 *
 * @param intensities 12 action-unit intensities, 0..1
 * @param expression what the intensities express
 */
record Affect(double[] intensities, Expression expression) {
  /** An action unit is labelled present from this intensity up. */
  private static final double PRESENT = 0.4;

  double intensity(ActionUnit unit) {
    return intensities[unit.ordinal()];
  }

  byte label(ActionUnit unit) {
    return (byte) (intensity(unit) >= PRESENT ? 1 : 0);
  }

  /** Pleasure: smiles raise it, frowns and disgust lower it. */
  double valence() {
    return bounded(0.02
        + 0.62 * intensity(ActionUnit.AU12)
        + 0.20 * intensity(ActionUnit.AU6)
        - 0.32 * intensity(ActionUnit.AU4)
        - 0.38 * intensity(ActionUnit.AU15)
        - 0.45 * intensity(ActionUnit.AU10)
        - 0.28 * intensity(ActionUnit.AU23)
        - 0.10 * intensity(ActionUnit.AU24));
  }

  /** Activation: raised brows and an open mouth raise it, a drooping mouth lowers it. */
  double arousal() {
    return bounded(-0.08
        + 0.30 * intensity(ActionUnit.AU2)
        + 0.30 * intensity(ActionUnit.AU26)
        + 0.25 * intensity(ActionUnit.AU25)
        + 0.35 * intensity(ActionUnit.AU23)
        + 0.22 * intensity(ActionUnit.AU7)
        + 0.15 * intensity(ActionUnit.AU12)
        - 0.35 * intensity(ActionUnit.AU15)
        - 0.12 * intensity(ActionUnit.AU24));
  }

  private static double bounded(double value) {
    return Math.max(-1, Math.min(1, value));
  }

  /** A frame on the way from this state to the next. */
  Affect towards(Affect next, double weight) {
    double[] mixed = new double[intensities.length];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = intensities[i] + (next.intensities[i] - intensities[i]) * weight;
    }
    return new Affect(mixed, weight < 0.5 ? expression : next.expression);
  }
}
