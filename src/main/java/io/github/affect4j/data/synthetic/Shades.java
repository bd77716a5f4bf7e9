package io.github.affect4j.data.synthetic;

import java.awt.Color;

/** Colour arithmetic. */
final class Shades {
  private Shades() {}

  /** {@code a} at weight 0, {@code b} at weight 1. */
  static Color mix(Color a, Color b, double weight) {
    return new Color(
        clamp(a.getRed() + (b.getRed() - a.getRed()) * weight),
        clamp(a.getGreen() + (b.getGreen() - a.getGreen()) * weight),
        clamp(a.getBlue() + (b.getBlue() - a.getBlue()) * weight));
  }

  static Color darker(Color colour, double weight) {
    return mix(colour, Color.BLACK, weight);
  }

  static Color lighter(Color colour, double weight) {
    return mix(colour, Color.WHITE, weight);
  }

  static Color opacity(Color colour, double alpha) {
    return new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), clamp(255 * alpha));
  }

  static int clamp(double value) {
    return (int) Math.max(0, Math.min(255, Math.round(value)));
  }
}
