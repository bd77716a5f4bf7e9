package io.github.affect4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads a file that a user names as a whole, however large it is: a regular file, or a pipe (such as a shell's
 * {@code <(…)}), which can be read but once.
 */
public final class InputFile {
  /** S_IFMT and S_IFIFO of a Unix file's mode. */
  private static final int KIND = 0170000;

  private static final int PIPE = 0010000;

  /** Leaves room for what the bytes are made into. */
  private static final long HEAP_SHARE = Runtime.getRuntime().maxMemory() / 4;

  private InputFile() {}

  /**
   * Reads all bytes.
   *
   * @param whatItIs the file's kind with its article, for messages
   * @param most bytes that are read, or a quarter of the heap if that is less; more are refused
   * @throws InputException if it is missing, a folder, a device, larger, or cannot be read
   */
  public static byte[] read(Path file, String whatItIs, int most) {
    try {
      return read(file, (int) Math.min(most, HEAP_SHARE), most > HEAP_SHARE);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": expected " + whatItIs + ", but there is no such file; check the path", e);
    } catch (IOException e) {
      throw new InputException(
          file + ": expected " + whatItIs + ", but it cannot be read: " + InputException.reason(e), e);
    } catch (OutOfMemoryError e) {
      throw fullHeap(file, whatItIs, e);
    }
  }

  /** A file for which there is no memory, in spite of its bound. */
  static InputException fullHeap(Path file, String whatItIs, OutOfMemoryError e) {
    return new InputException(file + ": the Java heap is full while " + whatItIs
        + " is read; give it more with AFFECT4J_JAVA_OPTS=-Xmx…", e);
  }

  private static byte[] read(Path file, int most, boolean byHeap) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("it is a folder");
    }
    if (Files.isRegularFile(file)) {
      requireAtMost(most, Files.size(file), byHeap);
      return Files.readAllBytes(file);
    }
    if (Files.exists(file) && ((int) Files.getAttribute(file, "unix:mode") & KIND) != PIPE) {
      throw new IOException("it is a device");
    }
    try (InputStream stream = Files.newInputStream(file)) {
      byte[] bytes = stream.readNBytes(most);
      requireAtMost(most, stream.read() < 0 ? most : most + 1L, byHeap);
      return bytes;
    }
  }

  private static void requireAtMost(int most, long bytes, boolean byHeap) throws IOException {
    if (bytes > most) {
      throw new IOException("it has more than " + most + " bytes, the most that are read"
          + (byHeap ? " with this Java heap; check the path, or give it more with AFFECT4J_JAVA_OPTS=-Xmx…"
              : "; check the path"));
    }
  }
}
