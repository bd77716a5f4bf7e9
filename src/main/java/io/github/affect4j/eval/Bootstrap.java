package io.github.affect4j.eval;

import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Percentile bootstrap over videos. Frames of one video resemble each other, so the video is the
 * independent unit: resampling frames would give intervals that are far too narrow.
 */
public final class Bootstrap {
  private static final double LEVEL = 0.95;

  private Bootstrap() {}

  /**
   * 95 % intervals from {@code resamples} draws of as many videos as there are, with replacement.
   * The same seed gives the same intervals everywhere, in whatever order the rows are.
   *
   * @throws IllegalArgumentException if the rows differ or there is no resample or no row
   */
  public static ConfidenceIntervals intervals(
      LabelSet labels, Predictions predictions, Protocol protocol, int resamples, long seed) {
    Evaluation.requireSameRows(labels, predictions);
    if (resamples < 1 || labels.size() == 0) {
      throw new IllegalArgumentException("a bootstrap needs a row and a resample");
    }
    List<Tally> videos = talliesByVideo(labels, predictions, protocol);
    List<Scores> scores = new ArrayList<>(resamples);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < resamples; i++) {
      Tally resample = new Tally(protocol, predictions.tasks());
      for (int draw = 0; draw < videos.size(); draw++) {
        resample.add(videos.get(random.nextInt(videos.size())));
      }
      scores.add(resample.scores());
    }
    return new ConfidenceIntervals(
        LEVEL,
        resamples,
        seed,
        videos.size(),
        interval(scores, Scores::p),
        interval(scores, s -> s.va() == null ? null : s.va().meanCcc()),
        interval(scores, s -> s.va() == null ? null : s.va().cccValence()),
        interval(scores, s -> s.va() == null ? null : s.va().cccArousal()),
        interval(scores, s -> s.expr() == null ? null : s.expr().macroF1()),
        interval(scores, s -> s.au() == null ? null : s.au().meanF1()));
  }

  private static List<Tally> talliesByVideo(LabelSet labels, Predictions predictions, Protocol protocol) {
    Map<String, Tally> tallies = new TreeMap<>();
    IntStream.range(0, labels.size()).boxed().sorted(order(labels, predictions)).forEach(row -> tallies
        .computeIfAbsent(LabelSet.video(labels.images().get(row)), video -> new Tally(protocol, predictions.tasks()))
        .add(labels, predictions, row));
    return List.copyOf(tallies.values());
  }

  /** By image and, where a list repeats it, by what sums of which depend on their order to the last bit. */
  private static Comparator<Integer> order(LabelSet labels, Predictions predictions) {
    Comparator<Integer> byImage = Comparator.comparing(labels.images()::get);
    return !predictions.tasks().contains(Task.VA) ? byImage : byImage
        .thenComparingDouble(row -> labels.valence()[row])
        .thenComparingDouble(row -> labels.arousal()[row])
        .thenComparingDouble(row -> predictions.valence()[row])
        .thenComparingDouble(row -> predictions.arousal()[row]);
  }

  private static Interval interval(List<Scores> scores, Function<Scores, Double> part) {
    if (part.apply(scores.get(0)) == null) {
      return null;
    }
    double[] sorted = scores.stream().mapToDouble(part::apply).sorted().toArray();
    return new Interval(Quantile.of(sorted, (1 - LEVEL) / 2), Quantile.of(sorted, (1 + LEVEL) / 2));
  }
}
