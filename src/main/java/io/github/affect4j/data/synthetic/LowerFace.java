package io.github.affect4j.data.synthetic;

import io.github.affect4j.task.ActionUnit;
import java.awt.Color;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;

/** Nose, mouth and chin: action units 10, 12, 15, 23, 24, 25 and 26. */
final class LowerFace {
  private static final double NOSE_TOP = 52;
  private static final double MOUTH_Y = 81;

  private final Canvas canvas;
  private final Identity identity;
  private final double centreX;
  private final double jaw;
  private final Color line;
  private final double upperLipRaise;
  private final double cornerPull;
  private final double cornerDepress;
  private final double lipTighten;
  private final double lipPress;
  private final double gap;

  LowerFace(Canvas canvas, Identity identity, Affect affect, double centreX, double jaw) {
    this.canvas = canvas;
    this.identity = identity;
    this.centreX = centreX;
    this.jaw = jaw;
    line = Shades.darker(identity.skin(), 0.5);
    upperLipRaise = affect.intensity(ActionUnit.AU10);
    cornerPull = affect.intensity(ActionUnit.AU12);
    cornerDepress = affect.intensity(ActionUnit.AU15);
    lipTighten = affect.intensity(ActionUnit.AU23);
    lipPress = affect.intensity(ActionUnit.AU24);
    double parted = affect.intensity(ActionUnit.AU25);
    gap = 6.5 * parted + jaw * (0.35 + 0.65 * parted);
  }

  void paint() {
    paintNose();
    paintFolds();
    paintMouth();
    paintChin();
  }

  /** A raised upper lip widens and lifts the nostrils and wrinkles the bridge. */
  private void paintNose() {
    double tip = NOSE_TOP + identity.noseLength() - 2.5 * upperLipRaise;
    double wing = 5 + 2 * upperLipRaise;
    Color shade = Shades.darker(identity.skin(), 0.3);
    canvas.ellipse(Shades.opacity(Shades.darker(identity.skin(), 0.2), 0.6), centreX, tip - 1, wing, 3.5);
    canvas.stroke(shade, 1.2, Canvas.curve(centreX - wing, tip, centreX, tip + 4, centreX + wing, tip));
    canvas.stroke(Shades.opacity(shade, 0.7), 1, Canvas.curve(
        centreX + 2, NOSE_TOP, centreX + 3, tip - 8, centreX + 3.4, tip - 4));
    for (int side : new int[] {-1, 1}) {
      double nostril = 0.8 + 0.4 * upperLipRaise;
      canvas.ellipse(Shades.darker(identity.skin(), 0.6), centreX + side * 2.6, tip + 0.6, 1.3, nostril);
      for (int fold = 0; fold < 2; fold++) {
        double y = 55 + 3.5 * fold;
        canvas.stroke(Shades.opacity(line, 0.8 * upperLipRaise), 1, Canvas.curve(
            centreX + side * 2, y, centreX + side * 4, y + 1, centreX + side * 6, y - 0.5));
      }
    }
  }

  /** From the wings of the nose to the corners of the mouth. */
  private void paintFolds() {
    double depth = Math.min(1, 0.15 + 0.85 * upperLipRaise + 0.5 * cornerPull);
    double wide = mouthHalfWidth() + 3;
    for (int side : new int[] {-1, 1}) {
      canvas.stroke(Shades.opacity(line, 0.8 * depth), 1.2, Canvas.curve(
          centreX + side * 7, 64 - 2 * upperLipRaise,
          centreX + side * (wide - 1), 67,
          centreX + side * (wide + 1), 77 + cornerY() * 0.5));
    }
  }

  private double mouthHalfWidth() {
    return identity.mouthWidth() + 5.5 * cornerPull + cornerDepress - 5.5 * lipTighten - 1.5 * lipPress;
  }

  private double cornerY() {
    return -7 * cornerPull + 8 * cornerDepress;
  }

  private void paintMouth() {
    double half = mouthHalfWidth();
    double corner = MOUTH_Y + cornerY();
    double top = MOUTH_Y - 4.5 * upperLipRaise - 0.2 * gap + 1.5 * cornerPull;
    double bottom = MOUTH_Y + 0.8 * gap + 1.5 * cornerPull;
    double thickness = (1 - 0.6 * lipTighten) * (1 - 0.85 * lipPress);
    paintOpening(half, corner, top, bottom);
    paintLips(half, corner, top, bottom, thickness);
    paintPressedLips(half, corner);
    paintPucker();
  }

  /** Between the lips: dark, with teeth; empty while they touch. */
  private void paintOpening(double half, double corner, double top, double bottom) {
    Path2D opening = between(half, corner, top, bottom);
    canvas.fill(new Color(0x4A1219), opening);
    canvas.clip(opening);
    double teeth = 2 + 0.38 * (bottom - top);
    canvas.fill(new Color(0xF4F1EA), new Rectangle2D.Double(centreX - half, top - 2, 2 * half, teeth));
    canvas.unclip();
  }

  private void paintLips(double half, double corner, double top, double bottom, double thickness) {
    Color lips = Shades.mix(identity.lips(), new Color(0x8E1B2E), 0.7 * lipTighten);
    canvas.fill(lips, between(half, corner, top, top - 3.6 * thickness));
    canvas.fill(Shades.lighter(lips, 0.12), between(half, corner, bottom, bottom + 4.4 * thickness));
    Color seam = Shades.darker(lips, 0.5);
    canvas.stroke(seam, 0.9, lipLine(half, corner, top));
    canvas.stroke(seam, 0.9, lipLine(half, corner, bottom));
  }

  /** The curve from corner to corner that passes through y in its middle. */
  private Path2D lipLine(double half, double corner, double y) {
    return Canvas.curve(centreX - half, corner, centreX, pull(y, corner), centreX + half, corner);
  }

  /** What lies between two such curves. */
  private Path2D between(double half, double corner, double y, double otherY) {
    Path2D area = lipLine(half, corner, y);
    area.quadTo(centreX, pull(otherY, corner), centreX - half, corner);
    return area;
  }

  /** Pressed lips vanish into a line; the skin bulges above and below and dimples at the sides. */
  private void paintPressedLips(double half, double corner) {
    canvas.stroke(Shades.opacity(line, lipPress), 2, lipLine(half, corner, MOUTH_Y));
    Color bulge = Shades.opacity(Shades.lighter(identity.skin(), 0.45), 0.9 * lipPress);
    canvas.ellipse(bulge, centreX, MOUTH_Y - 4.5, half * 0.7, 1.8);
    canvas.ellipse(bulge, centreX, MOUTH_Y + 5, half * 0.7, 2);
    for (int side : new int[] {-1, 1}) {
      double x = centreX + side * (half + 3);
      canvas.stroke(Shades.opacity(line, 0.9 * lipPress), 1.4, Canvas.curve(
          x, corner - 4, x + side * 2, corner, x, corner + 4));
    }
  }

  /** Tightened lips pucker: short folds run into them from above and below. */
  private void paintPucker() {
    Color fold = Shades.opacity(line, 0.85 * lipTighten);
    for (int i = -1; i <= 1; i++) {
      double x = centreX + 4 * i;
      canvas.stroke(fold, 1.2, Canvas.curve(x + 0.5 * i, MOUTH_Y - 7.5, x, MOUTH_Y - 5, x, MOUTH_Y - 3));
      canvas.stroke(fold, 1.2, Canvas.curve(x, MOUTH_Y + 3.5, x, MOUTH_Y + 5, x + 0.5 * i, MOUTH_Y + 7.5));
    }
  }

  /** Control point at which a quadratic curve between the corners passes through y at its middle. */
  private static double pull(double y, double corner) {
    return 2 * y - corner;
  }

  private void paintChin() {
    double y = 93 + jaw + 0.3 * gap;
    canvas.stroke(Shades.opacity(line, 0.35 + 0.5 * cornerDepress), 1.2, Canvas.curve(
        centreX - 6, y + 1.5 * cornerDepress, centreX, y - 3, centreX + 6, y + 1.5 * cornerDepress));
  }
}
