package io.github.affect4j.data.synthetic;

import io.github.affect4j.task.ActionUnit;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/**
 * Paints one frame: background, shoulders and head here, the parts that action units move in
 * {@link UpperFace} and {@link LowerFace}.
 */
final class FacePainter {
  private static final double CENTRE_X = 56;
  private static final double CENTRE_Y = 57;
  private static final double FEATURE_YAW = 3.5;
  private static final double NOISE = 3;

  private FacePainter() {}

  /** Paints a square image of {@code size} pixels. */
  static BufferedImage paint(Identity identity, Pose pose, Affect affect, Draw sensor, int size) {
    BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    try (Canvas canvas = new Canvas(image)) {
      paintBackground(canvas, identity);
      canvas.hold(pose);
      double jaw = 7.5 * affect.intensity(ActionUnit.AU26);
      paintBody(canvas, identity);
      paintBackHair(canvas, identity);
      paintHead(canvas, identity, jaw);
      double x = CENTRE_X + FEATURE_YAW * pose.yaw();
      new UpperFace(canvas, identity, affect, x).paint();
      new LowerFace(canvas, identity, affect, x, jaw).paint();
      paintFrontHair(canvas, identity);
    }
    expose(image, pose.brightness(), sensor);
    return image;
  }

  private static void paintBackground(Canvas canvas, Identity identity) {
    GradientPaint gradient = new GradientPaint(
        0, 0, identity.backgroundTop(), (float) (30 * identity.lightSide()), 112, identity.backgroundBottom());
    canvas.fill(gradient, new Rectangle2D.Double(0, 0, Canvas.SIDE, Canvas.SIDE));
  }

  private static void paintBody(Canvas canvas, Identity identity) {
    Color neck = Shades.darker(identity.skin(), 0.18);
    canvas.fill(neck, new Rectangle2D.Double(CENTRE_X - 15, 85, 30, 45));
    canvas.ellipse(identity.clothes(), CENTRE_X, 126, 52, 20);
    canvas.ellipse(neck, CENTRE_X, 107, 15, 6);
  }

  private static void paintBackHair(Canvas canvas, Identity identity) {
    Color back = Shades.darker(identity.hair(), 0.25);
    double top = CENTRE_Y - identity.faceHeight();
    switch (identity.hairStyle()) {
      case 0 -> canvas.ellipse(back, CENTRE_X, top + 34, identity.faceWidth() + 4, 39);
      case 1 -> {
        canvas.ellipse(back, CENTRE_X, top + 36, identity.faceWidth() + 9, 42);
        canvas.fill(back, new Rectangle2D.Double(
            CENTRE_X - identity.faceWidth() - 9, top + 36, 2 * identity.faceWidth() + 18, 50));
      }
      case 2 -> {
        canvas.ellipse(back, CENTRE_X, top - 2, 14, 11);
        canvas.ellipse(back, CENTRE_X, top + 33, identity.faceWidth() + 3, 38);
      }
      default -> canvas.ellipse(back, CENTRE_X, top + 30, identity.faceWidth() + 1, 32);
    }
  }

  private static void paintHead(Canvas canvas, Identity identity, double jaw) {
    Color skin = identity.skin();
    double width = identity.faceWidth();
    Color ear = Shades.darker(skin, 0.12);
    canvas.ellipse(ear, CENTRE_X - width - 1, CENTRE_Y + 3, 4.5, 8);
    canvas.ellipse(ear, CENTRE_X + width + 1, CENTRE_Y + 3, 4.5, 8);
    Color lit = Shades.lighter(skin, 0.12);
    Color shaded = Shades.darker(skin, 0.22);
    boolean fromLeft = identity.lightSide() < 0;
    Color left = fromLeft ? lit : shaded;
    Color right = fromLeft ? shaded : lit;
    GradientPaint light =
        new GradientPaint((float) (CENTRE_X - width), 40, left, (float) (CENTRE_X + width), 70, right);
    Path2D head = outline(identity, jaw);
    canvas.fill(light, head);
    canvas.stroke(Shades.opacity(Shades.darker(skin, 0.45), 0.8), 1, head);
  }

  /** Cranium and jaw; the chin drops with the jaw. */
  private static Path2D outline(Identity identity, double jaw) {
    double width = identity.faceWidth();
    double top = CENTRE_Y - identity.faceHeight();
    double chin = CENTRE_Y + identity.faceHeight() - 5 + jaw;
    Path2D head = new Path2D.Double();
    head.moveTo(CENTRE_X - width, CENTRE_Y);
    head.curveTo(CENTRE_X - width, top + 8, CENTRE_X - width * 0.65, top, CENTRE_X, top);
    head.curveTo(CENTRE_X + width * 0.65, top, CENTRE_X + width, top + 8, CENTRE_X + width, CENTRE_Y);
    head.curveTo(CENTRE_X + width, CENTRE_Y + 26 + jaw * 0.5, CENTRE_X + width * 0.5, chin, CENTRE_X, chin);
    head.curveTo(CENTRE_X - width * 0.5, chin, CENTRE_X - width, CENTRE_Y + 26 + jaw * 0.5, CENTRE_X - width, CENTRE_Y);
    head.closePath();
    return head;
  }

  /** A fringe that leaves brows and most of the forehead free. */
  private static void paintFrontHair(Canvas canvas, Identity identity) {
    double width = identity.faceWidth() + 1;
    double top = CENTRE_Y - identity.faceHeight() - 3;
    double parting = CENTRE_X + identity.lightSide() * 12;
    double line = top + (identity.hairStyle() == 3 ? 9 : 15);
    Path2D fringe = new Path2D.Double();
    fringe.moveTo(CENTRE_X - width, CENTRE_Y - 12);
    fringe.curveTo(CENTRE_X - width, top + 4, CENTRE_X - width * 0.6, top, CENTRE_X, top);
    fringe.curveTo(CENTRE_X + width * 0.6, top, CENTRE_X + width, top + 4, CENTRE_X + width, CENTRE_Y - 12);
    fringe.quadTo(CENTRE_X + width * 0.85, line + 2, parting, line - 4);
    fringe.quadTo(CENTRE_X - width * 0.85, line + 2, CENTRE_X - width, CENTRE_Y - 12);
    fringe.closePath();
    canvas.fill(identity.hair(), fringe);
  }

  /** Brightness of the scene and noise of the sensor, pixel by pixel. */
  private static void expose(BufferedImage image, double brightness, Draw sensor) {
    double gain = 1 + 0.35 * brightness;
    int[] pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
    for (int i = 0; i < pixels.length; i++) {
      double noise = NOISE * (sensor.uniform() + sensor.uniform() - 1);
      int red = Shades.clamp((pixels[i] >> 16 & 255) * gain + noise);
      int green = Shades.clamp((pixels[i] >> 8 & 255) * gain + noise);
      int blue = Shades.clamp((pixels[i] & 255) * gain + noise);
      pixels[i] = red << 16 | green << 8 | blue;
    }
  }
}
