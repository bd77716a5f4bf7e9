package io.github.affect4j.train;

import io.github.affect4j.data.ImageSource;
import io.github.affect4j.task.LabelSet;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which image stands in for a missing or corrupt one in prediction, so that a submission is
 * complete: the closest usable row before it of the same video, else the closest after it, else the
 * mid-grey image. Faces of one video change little from frame to frame.
 */
final class Substitutes {
  private Substitutes() {}

  /** The row whose image to read for each row: itself if it is usable or nothing else is. */
  static int[] of(ImageSource source, List<String> images) {
    int[] rows = new int[images.size()];
    Arrays.setAll(rows, row -> row);
    Map<String, Integer> latest = new HashMap<>();
    for (int row = 0; row < rows.length; row++) {
      substitute(source, images, rows, row, latest);
    }
    latest.clear();
    for (int row = rows.length - 1; row >= 0; row--) {
      if (rows[row] == row) {
        substitute(source, images, rows, row, latest);
      }
    }
    return rows;
  }

  private static void substitute(
      ImageSource source, List<String> images, int[] rows, int row, Map<String, Integer> latest) {
    String video = LabelSet.video(images.get(row));
    if (source.usable(row)) {
      latest.put(video, row);
    } else {
      rows[row] = latest.getOrDefault(video, row);
    }
  }
}
