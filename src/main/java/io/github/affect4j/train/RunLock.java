package io.github.affect4j.train;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
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
   * Locks a folder, which is made if need be.
   *
   * @param progress is warned where the file system has no locks
   * @throws InputException if another process has the lock, or the folder cannot be written
   */
  static RunLock of(Path folder, Progress progress) throws IOException {
    FileChannel file = open(folder);
    if (!lock(file, folder, progress)) {
      file.close();
      throw new InputException("another process trains in " + folder + "; end it first, or choose another --out");
    }
    return new RunLock(file);
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

  private static boolean lock(FileChannel file, Path folder, Progress progress) {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      progress.say("warning: " + folder + " cannot be locked (" + e.getMessage()
          + "); see to it that no other process trains there");
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
