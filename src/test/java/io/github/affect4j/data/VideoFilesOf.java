package io.github.affect4j.data;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes the labels of a task as the single-task challenges do: one file a video, one line a frame. */
public final class VideoFilesOf {
  private VideoFilesOf() {}

  /** Frames that no row names have no label. */
  public static Path write(Path folder, LabelSet labels, Task task) throws IOException {
    Map<String, TreeMap<Integer, String>> videos = new TreeMap<>();
    for (int row = 0; row < labels.size(); row++) {
      String image = labels.images().get(row);
      int frame = Integer.parseInt(image.replaceAll(".*/|\\.jpg", ""));
      videos.computeIfAbsent(LabelSet.video(image), v -> new TreeMap<>()).put(frame, line(labels, row, task));
    }
    Files.createDirectories(folder);
    for (Map.Entry<String, TreeMap<Integer, String>> video : videos.entrySet()) {
      List<String> lines = IntStream.rangeClosed(1, video.getValue().lastKey())
          .mapToObj(frame -> video.getValue().getOrDefault(frame, unlabelled(task)))
          .toList();
      Files.writeString(folder.resolve(video.getKey() + ".txt"),
          String.join(",", VideoFormat.columns(task)) + "\n" + String.join("\n", lines) + "\n");
    }
    return folder;
  }

  private static String line(LabelSet labels, int row, Task task) {
    return switch (task) {
      case VA -> labels.valence()[row] + "," + labels.arousal()[row];
      case EXPR -> Byte.toString(labels.expression()[row]);
      case AU -> IntStream.range(0, ActionUnit.COUNT)
          .mapToObj(unit -> Byte.toString(labels.actionUnit(row, unit)))
          .collect(Collectors.joining(","));
    };
  }

  private static String unlabelled(Task task) {
    return switch (task) {
      case VA -> "-5,-5";
      case EXPR -> "-1";
      case AU -> "-1" + ",-1".repeat(ActionUnit.COUNT - 1);
    };
  }
}
