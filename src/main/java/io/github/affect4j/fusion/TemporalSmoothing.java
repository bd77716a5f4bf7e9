package io.github.affect4j.fusion;

import io.github.affect4j.task.Task;
import java.nio.file.Path;
import java.util.List;

/**
 * Gaussian smoothing of predictions over the frames of each video, in double precision (docs/metrics.md). Affect
 * changes slowly, while a model's errors differ from frame to frame.
 */
final class TemporalSmoothing {
  private final RawPredictions predictions;
  private final MeanSpace space;
  private final List<VideoFrames> videos;

  /**
   * @param file where the predictions were read from
   * @throws io.github.affect4j.io.InputException if an image's name is no frame number
   */
  TemporalSmoothing(RawPredictions predictions, MeanSpace space, Path file) {
    this.predictions = predictions;
    this.space = space;
    videos = VideoFrames.of(predictions.images(), file);
  }

  int videos() {
    return videos.size();
  }

  /** The same rows, smoothed; without a sigma, or with 0, a task's logits are the same bits. */
  RawPredictions smooth(Sigmas sigmas) {
    float[] smoothed = predictions.logits().clone();
    for (Task task : predictions.tasks()) {
      Double sigma = sigmas.of(task);
      if (sigma != null && sigma > 0) {
        TemporalFilter filter = new TemporalFilter(sigma);
        for (VideoFrames video : videos) {
          put(video, filter.smooth(video.numbers(), video.values(predictions, task, space)), task, smoothed);
        }
      }
    }
    return new RawPredictions(predictions.images(), predictions.tasks(), smoothed);
  }

  private void put(VideoFrames video, double[][] means, Task task, float[] smoothed) {
    for (int frame = 0; frame < means.length; frame++) {
      double[] logits = space.logits(task, means[frame]);
      for (int row : video.rows().get(frame)) {
        RawPredictions.put(logits, task, row, smoothed);
      }
    }
  }
}
