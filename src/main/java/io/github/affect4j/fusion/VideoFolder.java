package io.github.affect4j.fusion;

import io.github.affect4j.data.VideoFiles;
import io.github.affect4j.data.VideoFormat;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Printable;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.io.UnicodeForms;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The annotations of a single-task challenge (ABAW3, 5, 6, 8) beside predictions of them. Frames
 * without a label are not scored.
 */
final class VideoFolder {
  private final Path folder;
  private final Task task;
  private final Map<String, List<double[]>> videos;
  private final List<String> notes = new ArrayList<>();
  private final List<String> images = new ArrayList<>();
  private final List<double[]> labels = new ArrayList<>();
  private int unequalVideos;
  private int unequalRows;

  private VideoFolder(VideoFiles files, Task task, Map<String, List<double[]>> videos) {
    this.folder = files.folder();
    this.task = task;
    this.videos = videos;
    notes.addAll(files.notes());
  }

  /**
   * Reads all annotation files of a folder.
   *
   * @throws InputException naming the line if a file differs from the format, or if the files are
   *     of several tasks
   */
  static VideoFolder open(Path folder) {
    Task task = null;
    VideoFiles files = VideoFiles.in(folder);
    Map<String, List<double[]>> videos = new TreeMap<>();
    for (Map.Entry<String, Path> video : files.byVideo().entrySet()) {
      TextRows rows = VideoFiles.open(video.getValue());
      Task found = VideoFormat.taskOf(rows);
      if (task != null && found != task) {
        throw rows.error("expected annotations of " + task.label() + " as in the files before, got those of "
            + found.label() + "; name the folder of one challenge");
      }
      task = found;
      videos.put(video.getKey(), VideoFiles.frames(rows, task));
    }
    return new VideoFolder(files, task, videos);
  }

  /** Labels and predictions of the labelled frames, from a folder or an {@code image_location} file. */
  EvaluationInput match(Path predictions) {
    Predictions read = Files.isDirectory(predictions) ? readFolder(predictions) : readListing(predictions);
    notes.addAll(EvaluationInput.rangeNotes(read));
    return new EvaluationInput(VideoFormat.labelSet(images, Map.of(task, labels)), read, null, List.copyOf(notes));
  }

  private Predictions readFolder(Path predictions) {
    VideoFiles predicted = VideoFiles.in(predictions);
    notes.addAll(predicted.notes());
    Map<String, Path> files = new TreeMap<>(predicted.byVideo());
    PredictionColumns columns = new PredictionColumns(EnumSet.of(task));
    for (String video : videos.keySet()) {
      Path file = files.remove(video);
      if (file == null) {
        throw InputException.in(
            predictions, "expected predictions for each annotated video, but there is no " + video + VideoFiles.SUFFIX
                + UnicodeForms.hint(video, files::containsKey));
      }
      readVideo(video, file, columns);
    }
    if (!files.isEmpty()) {
      notes.add(files.size() + " prediction files without annotations were ignored, such as "
          + files.values().iterator().next().getFileName());
    }
    if (unequalVideos > 0) {
      notes.add(unequalVideos + " prediction files have some lines more or fewer than their annotations; that line n"
          + " is frame n all the same was assumed for " + unequalRows + " scored rows");
    }
    return columns.toPredictions(predictions);
  }

  /** What stands on a frame without a label is not looked at: some write markers there. */
  private void readVideo(String video, Path file, PredictionColumns columns) {
    TextRows rows = new TextRows(file, "a per-video prediction file");
    requireTask(rows, VideoFormat.taskOf(rows));
    List<double[]> frames = videos.get(video);
    int rowsBefore = images.size();
    int lines = 0;
    while (rows.advance()) {
      rows.requireFields(VideoFormat.fields(task));
      if (lines < frames.size() && VideoFormat.isLabelled(task, frames.get(lines))) {
        add(VideoFiles.image(video, lines), frames.get(lines), rows, columns);
      }
      lines++;
    }
    requireFrames(file, lines, frames);
    if (lines != frames.size()) {
      unequalVideos++;
      unequalRows += images.size() - rowsBefore;
    }
  }

  private void requireFrames(Path file, int lines, List<double[]> frames) {
    boolean lacksLabelled =
        lines < frames.size()
            && frames.subList(lines, frames.size()).stream().anyMatch(labels -> VideoFormat.isLabelled(task, labels));
    if (lacksLabelled || Math.abs(lines - frames.size()) > VideoFiles.FRAME_TOLERANCE) {
      throw InputException.in(
          file, "expected a prediction for each of the " + frames.size() + " annotated frames, got " + lines
              + "; line n is taken for frame n, so write a line for each frame, also without a face");
    }
  }

  private Predictions readListing(Path file) {
    TextRows rows = new TextRows(file, "a prediction file");
    String header = rows.advance() ? rows.wholeLine() : "";
    int comma = header.indexOf(',');
    if (!VideoFormat.startsListing(header) || comma < 0) {
      throw rows.headerError("expected a folder of per-video predictions, or a file with the header '"
          + VideoFormat.listingHeader(task) + "', since " + folder + " holds per-video annotations");
    }
    requireTask(rows, VideoFormat.taskOf(header.substring(comma + 1)));
    PredictionColumns columns = new PredictionColumns(EnumSet.of(task));
    Set<String> seen = new HashSet<>();
    int beyond = 0;
    while (rows.advance()) {
      rows.requireFields(1 + VideoFormat.fields(task));
      String image = rows.imageField();
      List<double[]> frames = framesOf(image, rows);
      int frame = frameOf(image, rows);
      if (!seen.add(LabelSet.video(image) + '/' + frame)) { // 00001.jpg and 1.jpg are one frame
        throw rows.error("expected each frame once, but that of " + Printable.quote(image) + " came before");
      }
      if (frame >= frames.size()) {
        requireNear(frame, frames, rows);
        beyond++;
      } else if (VideoFormat.isLabelled(task, frames.get(frame))) {
        add(image, frames.get(frame), rows, columns);
      }
    }
    if (beyond > 0) {
      notes.add(beyond + " listed frames come after the last annotated ones of their videos and were ignored");
    }
    noteUnlisted();
    return columns.toPredictions(file);
  }

  private List<double[]> framesOf(String image, TextRows rows) {
    List<double[]> frames = videos.get(LabelSet.video(image));
    if (frames == null) {
      throw rows.error("expected an image of an annotated video, but " + folder + " has no file for "
          + Printable.quote(image) + UnicodeForms.hint(LabelSet.video(image), videos::containsKey));
    }
    return frames;
  }

  private static void requireNear(int frame, List<double[]> frames, TextRows rows) {
    if (frame >= frames.size() + VideoFiles.FRAME_TOLERANCE) {
      throw rows.error("expected one of the " + frames.size() + " annotated frames of the video, got frame "
          + (frame + 1) + "; these are frames of another video, or counted otherwise");
    }
  }

  /** From 0. */
  private static int frameOf(String image, TextRows rows) {
    int frame = LabelSet.frame(image);
    if (frame < 1) {
      throw rows.error("expected an image path <video>/<frame number from 00001>.jpg, got " + Printable.quote(image));
    }
    return frame - 1;
  }

  private void noteUnlisted() {
    long labelled =
        videos.values().stream().flatMap(List::stream).filter(frame -> VideoFormat.isLabelled(task, frame)).count();
    if (labelled > images.size()) {
      notes.add((labelled - images.size()) + " labelled frames are not listed in the predictions and were not scored");
    }
  }

  private void add(String image, double[] frameLabels, TextRows rows, PredictionColumns columns) {
    images.add(image);
    labels.add(frameLabels);
    columns.add(image, rows);
  }

  private void requireTask(TextRows rows, Task found) {
    if (found != task) {
      throw rows.error("expected the header '" + String.join(",", VideoFormat.columns(task))
          + "', since the annotations are those of " + task.label());
    }
  }
}
