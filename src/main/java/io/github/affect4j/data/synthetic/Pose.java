package io.github.affect4j.data.synthetic;

/**
 * How the head is held and lit in one frame.
 *
 * @param roll radians
 * @param yaw -1..1, features move sideways over the head
 * @param shiftX 1/112 of the image
 * @param shiftY 1/112 of the image
 * @param scale about 1
 * @param brightness -1..1, below 0 darkens
 */
record Pose(double roll, double yaw, double shiftX, double shiftY, double scale, double brightness) {

  /** A slow, smooth sway: a sinusoid per quantity with the video's own phase and speed. */
  static Pose at(long seed, int video, int frame) {
    Draw draw = new Draw(seed, Streams.POSE, video);
    return new Pose(
        sway(draw, frame, 0.12),
        sway(draw, frame, 0.9),
        sway(draw, frame, 3),
        sway(draw, frame, 2.5),
        1 + sway(draw, frame, 0.05),
        sway(draw, frame, 0.5));
  }

  private static double sway(Draw draw, int frame, double amplitude) {
    double phase = draw.between(0, 2 * Math.PI);
    double speed = draw.between(0.08, 0.35);
    return amplitude * draw.between(0.4, 1) * Math.sin(phase + speed * frame);
  }
}
