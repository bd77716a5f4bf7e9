package io.github.affect4j.train;

import io.github.affect4j.data.ImageSource;
import io.github.affect4j.task.LabelSet;
import java.util.List;
import java.util.Map.Entry;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which image stands in for a missing or corrupt one in prediction, so that a submission is
 * complete: the closest usable frame of the same video, of two as close the earlier one, else the
 * mid-grey image. Faces of one video change little from frame to frame.
 */
final class Substitutes {
  private Substitutes() {}

  /** The row whose image to read for each row: itself if it is usable or its video has no usable one. */
  static int[] of(ImageSource source, List<String> images) {
    int[] rows = IntStream.range(0, images.size()).toArray();
    IntStream.of(rows).boxed()
        .collect(Collectors.groupingBy(row -> LabelSet.video(images.get(row))))
        .values().stream()
        .filter(video -> !video.stream().allMatch(source::usable))
        .forEach(video -> substitute(source, video, place(images, video), rows));
    return rows;
  }

  /** Of a row within its video: its frame number, or itself if an image's name is no number. */
  private static IntUnaryOperator place(List<String> images, List<Integer> video) {
    boolean numbered = video.stream().allMatch(row -> LabelSet.frame(images.get(row)) >= 0);
    return row -> numbered ? LabelSet.frame(images.get(row)) : row;
  }

  private static void substitute(ImageSource source, List<Integer> video, IntUnaryOperator place, int[] rows) {
    NavigableMap<Integer, Integer> usable = new TreeMap<>();
    video.stream().filter(source::usable).forEach(row -> usable.putIfAbsent(place.applyAsInt(row), row));
    for (int row : video) {
      if (!source.usable(row) && !usable.isEmpty()) {
        rows[row] = closest(usable, place.applyAsInt(row));
      }
    }
  }

  private static int closest(NavigableMap<Integer, Integer> usable, int place) {
    Entry<Integer, Integer> before = usable.floorEntry(place);
    Entry<Integer, Integer> after = usable.ceilingEntry(place);
    boolean later = before == null || after != null && after.getKey() - place < place - before.getKey();
    return (later ? after : before).getValue();
  }
}
