package io.github.affect4j.data;

import io.github.affect4j.io.AtomicFile;
import java.nio.file.Path;
import java.util.List;

/** The list of images that were set aside, for people and spreadsheets: CSV with path and reason. */
public final class Quarantine {
  private Quarantine() {}

  /** Writes the header {@code path,reason} and one line an image (RFC 4180 quoting). */
  public static void write(Path file, List<BadImage> images) {
    StringBuilder text = new StringBuilder("path,reason\n");
    for (BadImage image : images) {
      text.append(quoted(image.image())).append(',').append(quoted(image.reason())).append('\n');
    }
    AtomicFile.writeText(file, text);
  }

  private static String quoted(String field) {
    boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
  }
}
