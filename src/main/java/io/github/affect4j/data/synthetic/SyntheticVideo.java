package io.github.affect4j.data.synthetic;

import io.github.affect4j.task.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One person through consecutive frames: expressions of a few frames each, with soft onsets. */
final class SyntheticVideo {
  private static final int SHORTEST_SEGMENT = 4;
  private static final int LONGEST_SEGMENT = 9;
  private static final int ONSET_FRAMES = 2;
  private static final int SEGMENTS_PER_VIDEO = 7;

  private final long seed;
  private final int number;
  private final Identity identity;
  private final List<Affect> frames;

  /** The video with this number, from 0, unique in the data set. */
  SyntheticVideo(long seed, int number, int frameCount) {
    this.seed = seed;
    this.number = number;
    identity = Identity.of(new Draw(seed, Streams.IDENTITY, number));
    frames = affects(frameCount);
  }

  private List<Affect> affects(int count) {
    Draw draw = new Draw(seed, Streams.AFFECT, number);
    double offset = new Draw(seed, Streams.AFFECT, -1).uniform();
    // About as many segments as a video has, so that videos continue one another's sequence.
    long segment = (long) number * SEGMENTS_PER_VIDEO;
    List<Affect> all = new ArrayList<>(count);
    Affect before = Prototypes.draw(Expression.NEUTRAL, draw);
    while (all.size() < count) {
      Affect target = Prototypes.draw(Prototypes.expression(segment++, offset), draw);
      int length = SHORTEST_SEGMENT + draw.below(LONGEST_SEGMENT - SHORTEST_SEGMENT + 1);
      for (int frame = 1; frame <= length && all.size() < count; frame++) {
        all.add(before.towards(target, Math.min(1, frame / (double) ONSET_FRAMES)));
      }
      before = target;
    }
    return all;
  }

  int frameCount() {
    return frames.size();
  }

  Identity identity() {
    return identity;
  }

  Affect affect(int frame) {
    return frames.get(frame);
  }

  Pose pose(int frame) {
    return Pose.at(seed, number, frame);
  }

  /** Path of a frame (from 0) relative to the image root. */
  String image(int frame) {
    return String.format(Locale.ROOT, "video%03d/%05d.jpg", number + 1, frame + 1);
  }

  /** Random numbers for one frame, of one purpose. */
  Draw draw(long stream, int frame) {
    return new Draw(seed, stream, ((long) number << 32) + frame);
  }
}
