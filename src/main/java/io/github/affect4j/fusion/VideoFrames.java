package io.github.affect4j.fusion;

import io.github.affect4j.io.InputException;
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
            + " since smoothing goes by the distance of frames, got '" + image + "'");
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

  /** The task's logits of each frame; of a frame with several rows, their mean. */
  double[][] logits(RawPredictions predictions, Task task) {
    double[][] logits = new double[numbers.length][task.outputs()];
    for (int frame = 0; frame < logits.length; frame++) {
      List<Integer> same = rows.get(frame);
      for (int row : same) {
        for (int output = 0; output < task.outputs(); output++) {
          logits[frame][output] += predictions.logit(row, task.firstColumn() + output) / (double) same.size();
        }
      }
    }
    return logits;
  }
}
