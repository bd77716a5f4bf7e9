package io.github.affect4j.data.synthetic;

import io.github.affect4j.data.EpochOrder;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** One of the three sets: its videos, the rows of its list, its labels and its faulty files. */
final class SyntheticSet {
  private static final int FRAMES_PER_VIDEO = 45;

  /** What happens to the file of a frame. */
  enum Fault {
    NONE,
    ABSENT,
    TRUNCATED,
    GARBAGE,
    OTHER_SIZE
  }

  /** A frame of a video. */
  record Frame(SyntheticVideo video, int index) {
    String image() {
      return video.image(index);
    }
  }

  private final List<Frame> frames = new ArrayList<>();
  private final Map<Integer, Fault> faults = new HashMap<>();
  private final int[] order;
  private int faultsPlaced;

  /**
   * Plans a set.
   *
   * @param firstVideo number of its first video; videos are shared with no other set
   * @param images number of frames over all videos
   */
  SyntheticSet(long seed, int firstVideo, int images) {
    int videos = videos(images);
    for (int i = 0; i < videos; i++) {
      int count = images / videos + (i < images % videos ? 1 : 0);
      SyntheticVideo video = new SyntheticVideo(seed, firstVideo + i, count);
      IntStream.range(0, count).forEach(frame -> frames.add(new Frame(video, frame)));
    }
    // The first frame stays good: it sets the size of all.
    order = EpochOrder.shuffle(seed, firstVideo, IntStream.range(Math.min(1, images), images).toArray());
  }

  /** How many videos a set of this many images has: at least 2, so that it can be split by video. */
  static int videos(int images) {
    return images == 0 ? 0 : Math.max(2, Math.round((float) images / FRAMES_PER_VIDEO));
  }

  /** Gives {@code count} further frames this fault. */
  void damage(Fault fault, int count) {
    for (int i = 0; i < count; i++) {
      faults.put(order[faultsPlaced++], fault);
    }
  }

  List<Frame> frames() {
    return frames;
  }

  Fault fault(int frame) {
    return faults.getOrDefault(frame, Fault.NONE);
  }

  /** The listed paths without repetition. */
  List<String> images() {
    return frames.stream().map(Frame::image).toList();
  }

  /**
   * Labels of all frames, some twice.
   *
   * @param missing how often labels are missing
   * @param duplicates rows that come a second time, right after the first
   */
  LabelSet labels(MissingLabels missing, int duplicates) {
    int[] repeated = Arrays.copyOfRange(order, order.length - duplicates, order.length);
    int[] rows = IntStream.concat(IntStream.range(0, frames.size()), Arrays.stream(repeated)).sorted().toArray();
    LabelSet labels = new LabelSet(
        Arrays.stream(rows).mapToObj(row -> frames.get(row).image()).toList(),
        new double[rows.length],
        new double[rows.length],
        new byte[rows.length],
        new byte[rows.length * ActionUnit.COUNT]);
    for (int i = 0; i < rows.length; i++) {
      label(labels, i, frames.get(rows[i]), missing);
    }
    return labels;
  }

  private static void label(LabelSet labels, int row, Frame frame, MissingLabels missing) {
    Draw draw = frame.video().draw(Streams.LABELS, frame.index());
    Affect affect = frame.video().affect(frame.index());
    labels.valence()[row] = annotated(affect.valence(), draw);
    labels.arousal()[row] = annotated(affect.arousal(), draw);
    boolean confused = draw.chance(0.01);
    int other = draw.below(Expression.COUNT);
    labels.expression()[row] = (byte) (confused ? other : affect.expression().ordinal());
    for (ActionUnit unit : ActionUnit.values()) {
      int flip = draw.chance(0.01) ? 1 : 0;
      labels.actionUnits()[row * ActionUnit.COUNT + unit.ordinal()] = (byte) (affect.label(unit) ^ flip);
    }
    missing.apply(labels, row, draw);
  }

  /** What an annotator writes: near the truth, with three decimals. */
  private static double annotated(double value, Draw draw) {
    double noisy = Math.max(-1, Math.min(1, value + 0.05 * draw.gaussian()));
    return Math.rint(noisy * 1000) / 1000;
  }
}
