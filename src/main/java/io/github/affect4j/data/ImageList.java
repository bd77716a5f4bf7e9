package io.github.affect4j.data;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Printable;
import io.github.affect4j.io.TextRows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A list of image paths, one a line, such as the official test list. Only the first field of a line
 * counts, so trailing commas and whole annotation files are accepted. Order and duplicates stay.
 */
public final class ImageList {
  private static final Set<String> HEADERS = Set.of("image", "image_location");

  /** Those of images, and of what people take for them: what is none shows when it is decoded. */
  private static final Pattern IMAGE = Pattern.compile("(?i).*\\.(jpe?g|png|bmp|webp)");

  private ImageList() {}

  /**
   * Reads a list, without its header line if it has one.
   *
   * @throws InputException naming the line if a path is blank, absolute or leaves the image folder,
   *     if it is a video's name, or if the list is empty
   */
  public static List<String> read(Path file) {
    TextRows rows = new TextRows(file, "a list of image paths");
    List<String> images = new ArrayList<>();
    boolean first = true;
    while (rows.advance()) {
      String image = rows.imageField();
      if (!(first && HEADERS.contains(image.toLowerCase(Locale.ROOT)))) {
        requireImage(image, rows);
        images.add(image);
      }
      first = false;
    }
    if (images.isEmpty()) {
      throw InputException.in(file, "expected a list of image paths, one a line, but it names no image");
    }
    return images;
  }

  /** The single-task challenges list their test set by the names of videos. */
  private static void requireImage(String image, TextRows rows) {
    if (image.indexOf('/') < 0 && !IMAGE.matcher(image).matches()) {
      throw rows.error("expected an image path <video>/<frame>.jpg, got " + Printable.quote(image)
          + "; if it is a video's name,"
          + " list the video's images");
    }
  }
}
