package io.github.affect4j.data;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Makes the annotation file that training reads from the per-video files of the single-task challenges. */
public final class Conversion {
  private final Map<Task, VideoFiles> files = new EnumMap<>(Task.class);
  private final Path images;
  private final Path out;
  private final long[] labelled = new long[Task.values().length];
  private final List<String> withoutFolder = new ArrayList<>();
  private int videosWithRows;
  private long rows;
  private long withoutImage;
  private long withoutLabel;
  private String imageThere;
  private final List<String> misnamed = new ArrayList<>();
  private final List<String> unproven = new ArrayList<>();
  private long unprovenRows;

  private Conversion(Map<Task, Path> folders, Path images, Path out) {
    folders.forEach((task, folder) -> files.put(task, VideoFiles.in(folder)));
    this.images = images;
    this.out = out;
  }

  /**
   * Writes a row for each frame that has an image and a label of at least one task: videos by name,
   * frames in order. What a task's folder does not say is marked missing.
   *
   * @param folders of each task the folder of its per-video files; at least one
   * @param images folder of one folder of images a video
   * @param out the annotation file, which appears whole or not at all
   * @throws InputException naming file and line if a file differs from the format, or if no frame
   *     has both a label and an image
   */
  public static ConversionReport run(Map<Task, Path> folders, Path images, Path out, Progress progress) {
    if (!Files.isDirectory(images)) {
      throw InputException.noFolder(images, "a folder of one folder of images a video");
    }
    Conversion conversion = new Conversion(folders, images, out);
    try (AnnotationWriter writer = new AnnotationWriter(out)) {
      ConversionReport report = conversion.convert(writer, progress);
      writer.commit();
      return report;
    } catch (IOException e) {
      throw new InputException(out + ": cannot be made: " + e.getMessage(), e);
    }
  }

  private ConversionReport convert(AnnotationWriter writer, Progress progress) throws IOException {
    Set<String> videos = new TreeSet<>();
    files.values().forEach(ofTask -> videos.addAll(ofTask.byVideo().keySet()));
    progress.begin("reading", videos.size(), "videos", () -> "");
    int done = 0;
    for (String video : videos) {
      add(video, writer);
      progress.advance(++done);
    }
    progress.end();
    ConversionReport report = new ConversionReport(
        out, videosWithRows, rows, labelled[Task.VA.ordinal()], labelled[Task.EXPR.ordinal()],
        labelled[Task.AU.ordinal()], withoutImage, withoutLabel, List.copyOf(withoutFolder));
    requireRows(report, videos.size());
    warnings(report, videos.size()).forEach(warning -> progress.say("warning: " + warning));
    return report;
  }

  private List<String> warnings(ConversionReport report, int videos) {
    List<String> warnings = new ArrayList<>();
    files.values().forEach(ofTask -> warnings.addAll(ofTask.notes()));
    if (!withoutFolder.isEmpty()) {
      warnings.add(withoutFolder.size() + " of " + videos
          + " annotated videos have no folder of images and are left out: " + report.examplesWithoutFolder()
          + DatasetFolder.otherForm(images, withoutFolder));
    }
    if (!misnamed.isEmpty()) {
      warnings.add(misnamed.size() + " images are not named by their frame, such as <video>/00001.jpg, and are left"
          + " out, such as " + misnamed.get(0));
    }
    if (!unproven.isEmpty()) {
      warnings.add("of " + unproven.size() + " of " + videos + " videos the last image is not that of the last line;"
          + " that line n is image n all the same was assumed for " + unprovenRows + " rows, such as those of "
          + unproven.get(0));
    }
    return warnings;
  }

  private void requireRows(ConversionReport report, int videos) {
    if (withoutFolder.size() == videos) {
      throw InputException.in(images, "expected a folder of images for each annotated video, but there is none for "
          + report.examplesWithoutFolder() + "; name the folder that holds them, such as "
          + DatasetFolder.IMAGE_FOLDER + DatasetFolder.otherForm(images, withoutFolder));
    }
    if (rows == 0) {
      throw InputException.in(images, "expected images of labelled frames, such as <video>/00001.jpg, but "
          + (withoutImage == 0 ? "no frame is labelled" : "none of " + withoutImage + " labelled frames has one"
              + (imageThere == null ? "" : ", only others such as " + imageThere))
          + "; name the annotations of these videos, or rename the images");
    }
  }

  /** Of all frames of a video. */
  private Map<Task, List<double[]>> frames(String video) {
    Map<Task, List<double[]>> frames = new EnumMap<>(Task.class);
    files.forEach((task, ofTask) -> {
      if (ofTask.byVideo().containsKey(video)) {
        frames.put(task, frames(ofTask.byVideo().get(video), task));
      }
    });
    return frames;
  }

  private static LabelSet labels(String video, Map<Task, List<double[]>> frames) {
    List<String> names =
        IntStream.range(0, longest(frames)).mapToObj(frame -> VideoFiles.image(video, frame)).toList();
    return VideoFormat.labelSet(names, frames);
  }

  private static int longest(Map<Task, List<double[]>> frames) {
    return frames.values().stream().mapToInt(List::size).max().orElse(0);
  }

  private static List<double[]> frames(Path file, Task task) {
    TextRows rows = VideoFiles.open(file);
    Task found = VideoFormat.taskOf(rows);
    if (found != task) {
      throw rows.error("expected the header '" + String.join(",", VideoFormat.columns(task)) + "', got that of "
          + found.label() + "; name this folder with --" + found.label());
    }
    return VideoFiles.frames(rows, task);
  }

  private void add(String video, AnnotationWriter writer) throws IOException {
    Map<Task, List<double[]>> frames = frames(video);
    VideoImages present = images(video);
    int lastImage = present.last();
    requireLines(video, frames, lastImage);
    int added = add(labels(video, frames), present.frames(), writer);
    rows += added;
    videosWithRows += added > 0 ? 1 : 0;
    withoutLabel += present.frames().size() - added;
    if (added > 0 && !frames.values().stream().allMatch(ofTask -> ofTask.size() == lastImage)) {
      unproven.add(video);
      unprovenRows += added;
    }
  }

  /** The number of rows. */
  private int add(LabelSet labels, Set<String> present, AnnotationWriter writer) throws IOException {
    int added = 0;
    for (int frame = 0; frame < labels.size(); frame++) {
      if (!isLabelled(labels, frame)) {
        continue;
      }
      if (present.contains(labels.images().get(frame))) {
        writer.add(labels, frame);
        count(labels, frame);
        added++;
      } else {
        withoutImage++;
      }
    }
    return added;
  }

  /** A file that is much shorter than the video lacks lines, so that the others are those of other frames. */
  private void requireLines(String video, Map<Task, List<double[]>> frames, int lastImage) {
    int length = Math.max(lastImage, longest(frames));
    frames.forEach((task, ofTask) -> {
      if (lastImage > 0 && ofTask.size() < length - VideoFiles.FRAME_TOLERANCE) {
        throw InputException.in(files.get(task).byVideo().get(video), "expected a line for each of the " + length
            + " frames of the video by " + (length == lastImage ? "its images" : "another task's file") + ", got "
            + ofTask.size() + "; line n is taken for frame n, so complete the file or leave it out");
      }
    });
  }

  private boolean isLabelled(LabelSet labels, int frame) {
    return files.keySet().stream().anyMatch(task -> labels.has(task, frame));
  }

  private void count(LabelSet labels, int frame) {
    for (Task task : files.keySet()) {
      labelled[task.ordinal()] += labels.has(task, frame) ? 1 : 0;
    }
  }

  private VideoImages images(String video) {
    Path folder = DatasetFolder.image(images, video);
    if (!Files.isDirectory(folder)) {
      withoutFolder.add(video);
      return VideoImages.NONE;
    }
    VideoImages ofVideo = VideoImages.in(folder, video);
    misnamed.addAll(ofVideo.others());
    imageThere = ofVideo.any().orElse(imageThere);
    return ofVideo;
  }
}
