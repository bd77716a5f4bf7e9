package io.github.affect4j.data.synthetic;

import io.github.affect4j.task.ActionUnit;
import java.awt.Color;
import java.awt.geom.Path2D;

/** Forehead, brows, eyes and the tops of the cheeks: action units 1, 2, 4, 6 and 7. */
final class UpperFace {
  private static final double BROW_Y = 40;
  private static final double EYE_Y = 51;

  private final Canvas canvas;
  private final Identity identity;
  private final double centreX;
  private final Color line;
  private final double innerBrowRaise;
  private final double outerBrowRaise;
  private final double browLower;
  private final double cheekRaise;
  private final double lidTighten;

  UpperFace(Canvas canvas, Identity identity, Affect affect, double centreX) {
    this.canvas = canvas;
    this.identity = identity;
    this.centreX = centreX;
    line = Shades.darker(identity.skin(), 0.5);
    innerBrowRaise = affect.intensity(ActionUnit.AU1);
    outerBrowRaise = affect.intensity(ActionUnit.AU2);
    browLower = affect.intensity(ActionUnit.AU4);
    cheekRaise = affect.intensity(ActionUnit.AU6);
    lidTighten = affect.intensity(ActionUnit.AU7);
  }

  void paint() {
    paintForehead();
    for (int side : new int[] {-1, 1}) {
      paintEye(side);
      paintCheek(side);
      paintBrow(side);
    }
  }

  /** Raised brows wrinkle the forehead, lowered ones the place between them. */
  private void paintForehead() {
    for (int i = 0; i < 2; i++) {
      double y = 31 + 4 * i - innerBrowRaise;
      canvas.stroke(Shades.opacity(line, 0.6 * innerBrowRaise), 1, Canvas.curve(
          centreX - 9, y + 1, centreX, y - 2, centreX + 9, y + 1));
    }
    for (int side : new int[] {-1, 1}) {
      double x = centreX + side * 2.4;
      canvas.stroke(Shades.opacity(line, browLower), 1.8, Canvas.curve(
          x, 37, x - side * 0.8, 42, x + side * 0.4, 47));
      canvas.stroke(Shades.opacity(line, 0.5 * outerBrowRaise), 1, Canvas.curve(
          centreX + side * 14, 31 - outerBrowRaise, centreX + side * 20, 28 - outerBrowRaise, centreX + side * 26, 32));
    }
  }

  private void paintBrow(int side) {
    double innerY = BROW_Y + 1 - 7.5 * innerBrowRaise + 6.5 * browLower;
    double outerY = BROW_Y + 1.5 - 7 * outerBrowRaise + 1.5 * browLower;
    double archY = Math.min(BROW_Y - 3, BROW_Y - 3 - 5 * outerBrowRaise - 2 * innerBrowRaise + 5.5 * browLower);
    double innerX = centreX + side * (8 - 3.5 * browLower);
    double outerX = centreX + side * (identity.eyeDistance() + 10);
    canvas.stroke(Shades.darker(identity.hair(), 0.2), identity.browThickness(), Canvas.curve(
        innerX, innerY, centreX + side * identity.eyeDistance(), archY + 3 * browLower, outerX, outerY));
  }

  private void paintEye(int side) {
    double x = centreX + side * identity.eyeDistance();
    double size = identity.eyeSize();
    double upper = size * (0.72 - 0.38 * lidTighten + 0.18 * outerBrowRaise);
    double lower = size * (0.5 - 0.4 * lidTighten - 0.22 * cheekRaise);
    Path2D opening = opening(x, size + 0.8, upper, Math.max(0.3, lower));
    canvas.fill(new Color(0xF8F6F2), opening);
    canvas.clip(opening);
    canvas.ellipse(identity.iris(), x, EYE_Y, size * 0.5, size * 0.5);
    canvas.ellipse(Color.BLACK, x, EYE_Y, size * 0.24, size * 0.24);
    canvas.ellipse(Color.WHITE, x - 1.2, EYE_Y - 1.4, 0.9, 0.9);
    canvas.unclip();
    Color lash = Shades.darker(identity.hair(), 0.5);
    canvas.stroke(lash, 1.5, Canvas.curve(x - size - 0.8, EYE_Y, x, EYE_Y - 2 * upper, x + size + 0.8, EYE_Y));
    canvas.stroke(Shades.opacity(line, 0.6 + 0.4 * lidTighten), 0.9, Canvas.curve(
        x - size, EYE_Y + 0.4, x, EYE_Y + 2 * Math.max(0.3, lower), x + size, EYE_Y + 0.4));
    canvas.stroke(Shades.opacity(line, 0.75 * lidTighten), 1.2, Canvas.curve(
        x - size * 0.7, EYE_Y + 3.5, x, EYE_Y + 5, x + size * 0.7, EYE_Y + 3.5));
  }

  /** An almond; a quadratic curve reaches half as far as its control point. */
  private static Path2D opening(double x, double halfWidth, double upper, double lower) {
    Path2D almond = Canvas.curve(x - halfWidth, EYE_Y, x, EYE_Y - 2 * upper, x + halfWidth, EYE_Y);
    almond.quadTo(x, EYE_Y + 2 * lower, x - halfWidth, EYE_Y);
    return almond;
  }

  /** A raised cheek bulges under the eye, reddens, and folds the skin at its outer corner. */
  private void paintCheek(int side) {
    double x = centreX + side * (identity.eyeDistance() + 2);
    Color blush = Shades.mix(identity.skin(), new Color(0xD8404A), 0.55);
    canvas.ellipse(Shades.opacity(blush, 0.75 * cheekRaise), x, EYE_Y + 13.5 - 2 * cheekRaise, 8, 5);
    canvas.stroke(Shades.opacity(line, 0.8 * cheekRaise), 1.2, Canvas.curve(
        x - 8, EYE_Y + 8.5, x, EYE_Y + 4.5, x + 8, EYE_Y + 8.5));
    double corner = centreX + side * (identity.eyeDistance() + identity.eyeSize() + 2);
    for (int fold = -1; fold <= 1; fold++) {
      canvas.stroke(Shades.opacity(line, 0.85 * cheekRaise), 0.9, Canvas.curve(
          corner, EYE_Y + fold, corner + side * 2, EYE_Y + 1.6 * fold, corner + side * 5, EYE_Y + 3 * fold));
    }
  }
}
