package io.github.affect4j.doctor;

import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What one annotation file holds.
 *
 * @param rows all rows
 * @param va rows with valence and arousal
 * @param expr rows with an expression
 * @param expressions rows of each of the 8 expressions
 * @param au rows with at least one action unit
 * @param all rows with labels of all three tasks
 * @param duplicateRows rows that name an image of an earlier row
 * @param videos folders of images
 * @param missingImages images that are listed but not there or empty
 */
public record LabelCounts(
    int rows,
    long va,
    long expr,
    List<Integer> expressions,
    long au,
    long all,
    int duplicateRows,
    int videos,
    long missingImages) {

  public LabelCounts {
    expressions = List.copyOf(expressions);
  }

  /** Counts, given the images that are not there. */
  static LabelCounts of(LabelSet labels, Set<String> missing) {
    Set<String> images = new HashSet<>(labels.images());
    Set<String> videos = new HashSet<>();
    images.forEach(image -> videos.add(LabelSet.video(image)));
    return new LabelCounts(
        labels.size(),
        count(labels, Task.VA),
        count(labels, Task.EXPR),
        IntStream.of(labels.expressionCounts(IntStream.range(0, labels.size()))).boxed().toList(),
        count(labels, Task.AU),
        count(labels, Task.values()),
        labels.size() - images.size(),
        videos.size(),
        images.stream().filter(missing::contains).count());
  }

  private static long count(LabelSet labels, Task... tasks) {
    return IntStream.range(0, labels.size())
        .filter(row -> List.of(tasks).stream().allMatch(task -> labels.has(task, row)))
        .count();
  }
}
