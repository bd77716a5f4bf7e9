package io.github.affect4j.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Keeps other processes, and those of other machines that share the folder, from making a file at the same time: a
 * lock on {@code .NAME.lock} beside it. It ends with the process, however that ends. Where the file system knows no
 * locks it keeps nobody out; what is made is whole all the same ({@link AtomicFile}), but made twice.
 */
public final class LockFile implements Closeable {
  private final Path path;
  private final FileChannel channel;

  private LockFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Waits until no other process has the lock. The guarded file's folder is made if need be. */
  public static LockFile await(Path guarded) throws IOException {
    return take(guarded, LockFile::isFreeInTheEnd).orElseThrow();
  }

  /** Empty if another process, or this one, has the lock. The guarded file's folder is made if need be. */
  public static Optional<LockFile> attempt(Path guarded) throws IOException {
    return take(guarded, LockFile::isFree);
  }

  private interface Attempt {
    boolean locks(FileChannel channel) throws IOException;
  }

  private static Optional<LockFile> take(Path guarded, Attempt attempt) throws IOException {
    Path path = guarded.toAbsolutePath().resolveSibling("." + guarded.getFileName() + ".lock");
    Files.createDirectories(path.getParent());
    while (true) {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!attempt.locks(channel)) {
        channel.close();
        return Optional.empty();
      }
      if (Files.exists(path)) {
        return Optional.of(new LockFile(path, channel));
      }
      channel.close(); // who had it has removed it with the lock
    }
  }

  /** Locks a file that is open for writing, without waiting; true if no other process has a lock on it. */
  static boolean isFree(FileChannel file) {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException noLocks) {
      return true;
    }
  }

  private static boolean isFreeInTheEnd(FileChannel file) {
    try {
      return file.lock().isValid();
    } catch (IOException noLocks) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
    channel.close();
  }
}
