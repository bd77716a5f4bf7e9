package io.github.affect4j.fusion;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Printable;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The frames of one video that a list of images names, each once.
 *
 * @param numbers frame numbers, rising
 * @param rows the rows of each of these frames: more than one where the list repeats it
 */
record VideoFrames(int[] numbers, List<List<Integer>> rows) {

  /**
   * Sorts the rows of each video.
   *
   * @param file the prediction file that lists the images, for messages
   * @throws InputException naming the line of an image whose name is no frame number
   */
  static List<VideoFrames> of(List<String> images, Path file) {
    Map<String, SortedMap<Integer, List<Integer>>> videos = new LinkedHashMap<>();
    for (int row = 0; row < images.size(); row++) {
      String image = images.get(row);
      int frame = LabelSet.frame(image);
      if (frame < 0) {
        throw InputException.at(file, row + RowOrder.FIRST_LINE, "expected an image path <video>/<frame number>.jpg,"
            + " since smoothing goes by the distance of frames, got " + Printable.quote(image));
      }
      videos.computeIfAbsent(LabelSet.video(image), video -> new TreeMap<>())
          .computeIfAbsent(frame, number -> new ArrayList<>())
          .add(row);
    }
    return videos.values().stream().map(VideoFrames::of).toList();
  }

  private static VideoFrames of(SortedMap<Integer, List<Integer>> frames) {
    return new VideoFrames(
        frames.keySet().stream().mapToInt(Integer::intValue).toArray(), List.copyOf(frames.values()));
  }

  /** What means of a task's predictions are taken of, of each frame; of a frame with several rows, their mean. */
  double[][] values(RawPredictions predictions, Task task, MeanSpace space) {
    double[][] values = new double[numbers.length][];
    for (int frame = 0; frame < values.length; frame++) {
      List<Integer> same = rows.get(frame);
      for (int row : same) {
        double[] one = space.of(task, predictions.logits(row, task));
        if (values[frame] == null) {
          values[frame] = new double[one.length];
        }
        for (int i = 0; i < one.length; i++) {
          values[frame][i] += one[i] / same.size();
        }
      }
    }
    return values;
  }
}
