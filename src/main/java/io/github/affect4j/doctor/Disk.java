package io.github.affect4j.doctor;

import io.github.affect4j.io.DiskSpace;
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
    return new Disk(
        folder.toString(), DiskSpace.usable(folder), Files.isWritable(DiskSpace.existing(folder)));
  }
}
