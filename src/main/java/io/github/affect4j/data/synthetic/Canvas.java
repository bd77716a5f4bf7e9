package io.github.affect4j.data.synthetic;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Paint;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;

/** Antialiased drawing in units of 1/112 of a square image, whatever its size in pixels. */
final class Canvas implements AutoCloseable {
  static final double SIDE = 112;

  private final Graphics2D graphics;

  Canvas(BufferedImage image) {
    graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.scale(image.getWidth() / SIDE, image.getHeight() / SIDE);
  }

  /** From now on draws on the head, held as the pose says. */
  void hold(Pose pose) {
    double middle = SIDE / 2;
    graphics.translate(middle + pose.shiftX(), middle + pose.shiftY());
    graphics.rotate(pose.roll());
    graphics.scale(pose.scale(), pose.scale());
    graphics.translate(-middle, -middle);
  }

  void fill(Paint paint, Shape shape) {
    graphics.setPaint(paint);
    graphics.fill(shape);
  }

  void ellipse(Paint paint, double x, double y, double radiusX, double radiusY) {
    fill(paint, new Ellipse2D.Double(x - radiusX, y - radiusY, 2 * radiusX, 2 * radiusY));
  }

  void stroke(Color colour, double width, Shape shape) {
    graphics.setPaint(colour);
    graphics.setStroke(new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    graphics.draw(shape);
  }

  /** Draws the shape's inside only, until {@link #unclip()}. */
  void clip(Shape shape) {
    graphics.setClip(shape);
  }

  void unclip() {
    graphics.setClip(null);
  }

  /** A quadratic curve from a to b, pulled towards (cx, cy). */
  static Path2D curve(double ax, double ay, double cx, double cy, double bx, double by) {
    Path2D path = new Path2D.Double();
    path.moveTo(ax, ay);
    path.quadTo(cx, cy, bx, by);
    return path;
  }

  @Override
  public void close() {
    graphics.dispose();
  }
}
