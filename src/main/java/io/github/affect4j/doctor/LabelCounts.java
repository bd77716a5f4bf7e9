package io.github.affect4j.doctor;

import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * @param au rows with at least one action unit
 * @param all rows with labels of all three tasks
 * @param duplicateRows rows that name an image of an earlier row
 * @param videos folders of images
 * @param missingImages images that are listed but not there or empty; -1 if there is no image tree
 */
public record LabelCounts(
    int rows, long va, long expr, long au, long all, int duplicateRows, int videos, long missingImages) {

  /**
   * Counts, and looks for each listed image below the image root.
   *
   * @throws io.github.affect4j.io.InputException if a listed image is no file name on this machine
   */
  static LabelCounts of(LabelSet labels, Path imageRoot) {
    Set<String> images = new HashSet<>(labels.images());
    Set<String> videos = new HashSet<>();
    images.forEach(image -> videos.add(LabelSet.video(image)));
    boolean tree = Files.isDirectory(imageRoot);
    long missing =
        tree ? images.parallelStream().filter(image -> !present(DatasetFolder.image(imageRoot, image))).count() : -1;
    return new LabelCounts(
        labels.size(),
        count(labels, Task.VA),
        count(labels, Task.EXPR),
        count(labels, Task.AU),
        count(labels, Task.values()),
        labels.size() - images.size(),
        videos.size(),
        missing);
  }

  private static long count(LabelSet labels, Task... tasks) {
    return IntStream.range(0, labels.size())
        .filter(row -> List.of(tasks).stream().allMatch(task -> labels.has(task, row)))
        .count();
  }

  private static boolean present(Path image) {
    return image.toFile().length() > 0;
  }
}
