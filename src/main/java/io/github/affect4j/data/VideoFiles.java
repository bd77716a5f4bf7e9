package io.github.affect4j.data;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The folders of the single-task challenges: one text file a video, one line a frame after the
 * header. A file is named like the folder of its video's images.
 */
public final class VideoFiles {
  /** What follows the video's name. */
  public static final String SUFFIX = ".txt";

  private VideoFiles() {}

  /**
   * The files of a folder by their videos.
   *
   * @throws InputException if it cannot be read or holds none
   */
  public static SortedMap<String, Path> in(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw InputException.noFolder(folder, "a folder of per-video files");
    }
    SortedMap<String, Path> files = new TreeMap<>();
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .filter(file -> isVideoFile(file.getFileName().toString()))
          .forEach(file -> files.put(video(file), file));
    } catch (IOException e) {
      throw new InputException(folder + ": expected a folder of per-video files, but it cannot be read", e);
    }
    if (files.isEmpty()) {
      throw InputException.in(folder, "expected per-video files <video>.txt, but there is none; name the folder "
          + "of one challenge and set, such as VA_Estimation_Challenge/Validation_Set");
    }
    return files;
  }

  private static boolean isVideoFile(String name) {
    return name.endsWith(SUFFIX) && !name.startsWith(".");
  }

  private static String video(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.length() - SUFFIX.length());
  }

  /** Opens a file of labels. */
  public static TextRows open(Path file) {
    return new TextRows(file, "a per-video annotation file");
  }

  /**
   * The labels of all frames, which are the lines after the header.
   *
   * @throws InputException naming the line if one differs from the format
   */
  public static List<double[]> frames(TextRows rows, Task task) {
    List<double[]> frames = new ArrayList<>();
    while (rows.advance()) {
      rows.requireFields(VideoFormat.fields(task));
      frames.add(VideoFormat.readLabels(task, rows));
    }
    return frames;
  }

  /** The image of a frame, counted from 0. */
  public static String image(String video, int frame) {
    return String.format(Locale.ROOT, "%s/%05d.jpg", video, frame + 1);
  }
}
