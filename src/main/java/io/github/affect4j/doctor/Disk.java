package io.github.affect4j.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Room on the disk of a folder that affect4j writes to.
 *
 * @param folder the folder; it need not exist yet
 * @param free bytes this user may still write; -1 if unknown
 * @param writable true if this user may write there
 */
public record Disk(String folder, long free, boolean writable) {

  static Disk of(Path folder) {
    Path existing = folder.toAbsolutePath();
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    try {
      return new Disk(folder.toString(), Files.getFileStore(existing).getUsableSpace(), Files.isWritable(existing));
    } catch (IOException unknown) {
      return new Disk(folder.toString(), -1, Files.isWritable(existing));
    }
  }
}
