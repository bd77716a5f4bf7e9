package io.github.affect4j.train;

import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps other processes from training in a run folder, by a lock on a file in it. It ends with the
 * process, however that ends.
 */
final class RunLock implements Closeable {
  private static final String FILE = ".lock";

  private final FileChannel file;

  private RunLock(FileChannel file) {
    this.file = file;
  }

  /**
   * Locks a folder, which is made if need be, and removes what a killed process had not written to its end: whoever
   * has the lock is the only one who writes there.
   *
   * @param progress is warned where the file system has no locks
   * @throws InputException if another process has the lock, or the folder cannot be written
   */
  static RunLock of(Path folder, Progress progress) throws IOException {
    FileChannel file = open(folder);
    try {
      if (lock(file, folder, progress)) {
        removeTemporaries(folder);
      }
      return new RunLock(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static FileChannel open(Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
      return FileChannel.open(folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (FileSystemException e) {
      throw new InputException(
          "--out must be a folder to write in, but in " + folder + " no file can be made; look at " + e.getFile(), e);
    }
  }

  /** False if the file system has no locks. */
  private static boolean lock(FileChannel file, Path folder, Progress progress) {
    try {
      if (file.tryLock() != null) {
        return true;
      }
    } catch (OverlappingFileLockException e) {
      // this process trains there itself
    } catch (IOException e) {
      progress.say("warning: " + folder + " cannot be locked (" + e.getMessage()
          + "); see to it that no other process trains there");
      return false;
    }
    throw new InputException("another process trains in " + folder + "; end it first, or choose another --out");
  }

  private static void removeTemporaries(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, AtomicFile::isTemporary)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
