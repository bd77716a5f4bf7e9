package io.github.affect4j.data;

import io.github.affect4j.io.InputException;
import io.github.affect4j.task.LabelSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The images of one video.
 *
 * @param frames those that are named by their frame, {@code <video>/<00001>.jpg}
 * @param others those that are not, sorted
 */
record VideoImages(Set<String> frames, List<String> others) {
  static final VideoImages NONE = new VideoImages(Set.of(), List.of());

  private static final Pattern IMAGE = Pattern.compile("(?i).*\\.(jpe?g|png)");

  /**
   * One listing a video: asking the file system for each of a million images would take minutes.
   *
   * @throws InputException if the folder cannot be read, or its images are counted from 0
   */
  static VideoImages in(Path folder, String video) {
    try (Stream<Path> files = Files.list(folder)) {
      Map<Boolean, List<String>> byNumber = files.map(file -> video + '/' + file.getFileName())
          .filter(name -> IMAGE.matcher(name).matches())
          .sorted()
          .collect(Collectors.partitioningBy(name -> isFrame(video, name)));
      VideoImages images = new VideoImages(Set.copyOf(byNumber.get(true)), byNumber.get(false));
      if (images.frames.contains(VideoFiles.image(video, -1))) {
        throw InputException.in(folder, "expected images counted from 00001.jpg, the frame of a file's first line, got"
            + " 00000.jpg; count them from 1");
      }
      return images;
    } catch (IOException e) {
      throw new InputException(folder + ": expected a folder of images, but it cannot be read", e);
    }
  }

  private static boolean isFrame(String video, String image) {
    int frame = LabelSet.frame(image);
    return frame >= 0 && image.equals(VideoFiles.image(video, frame - 1));
  }

  /** One of them. */
  Optional<String> any() {
    return Stream.concat(frames.stream(), others.stream()).findFirst();
  }

  /** The highest frame number; 0 without an image. */
  int last() {
    return frames.stream().mapToInt(LabelSet::frame).max().orElse(0);
  }
}
