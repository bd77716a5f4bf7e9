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
 *
 * @param folder where they are
 * @param byVideo the files by their videos' names
 * @param ignored names of what else is in the folder, sorted; without what is hidden
 */
public record VideoFiles(Path folder, SortedMap<String, Path> byVideo, List<String> ignored) {
  /** What follows the video's name. */
  public static final String SUFFIX = ".txt";

  /**
   * By so many frames two files of a video may differ in length. Lines are matched with frames by their position, so
   * that a line too few or too many shifts what follows. The releases differ by a frame or two; five are a sixth of a
   * second, which is less than raters need to react.
   */
  public static final int FRAME_TOLERANCE = 5;

  /**
   * The files of a folder by their videos.
   *
   * @throws InputException if it cannot be read, holds none, or holds two of a video
   */
  public static VideoFiles in(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw InputException.noFolder(folder, "a folder of per-video files");
    }
    SortedMap<String, Path> files = new TreeMap<>();
    List<String> ignored = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path file : entries.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.toLowerCase(Locale.ROOT).endsWith(SUFFIX) && !name.startsWith(".")) {
          requireFirst(files.put(video(file), file), file);
        } else if (!name.startsWith(".")) {
          ignored.add(name);
        }
      }
    } catch (IOException e) {
      throw new InputException(folder + ": expected a folder of per-video files, but it cannot be read", e);
    }
    if (files.isEmpty()) {
      throw InputException.in(folder, "expected per-video files <video>.txt, but there is none; name the folder "
          + "of one challenge and set, such as VA_Estimation_Challenge/Validation_Set");
    }
    return new VideoFiles(folder, files, ignored);
  }

  private static void requireFirst(Path before, Path file) {
    if (before != null) {
      throw InputException.in(file, "expected one file a video, but " + before.getFileName()
          + " is there too; remove one of them");
    }
  }

  /** What to know about the folder: nothing, or one sentence. */
  public List<String> notes() {
    return ignored.isEmpty() ? List.of() : List.of(ignored.size() + " entries of " + folder
        + " are not named <video>.txt and were ignored, such as " + ignored.get(0));
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
