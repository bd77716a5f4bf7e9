package io.github.affect4j.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Room on the disk of a folder, which need not exist yet. */
public final class DiskSpace {
  private DiskSpace() {}

  /** Bytes that this user may still write there; -1 if unknown. */
  public static long usable(Path folder) {
    try {
      return Files.getFileStore(existing(folder)).getUsableSpace();
    } catch (IOException unknown) {
      return -1;
    }
  }

  /** The folder, or the closest one above it that exists. */
  public static Path existing(Path folder) {
    Path existing = folder.toAbsolutePath();
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    return existing;
  }
}
