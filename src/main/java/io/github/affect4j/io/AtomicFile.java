package io.github.affect4j.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;

/**
 * A file that appears whole or not at all: written beside its target, fsynced, then renamed over
 * it. Closing without {@link #commit()} removes what was written.
 */
public final class AtomicFile implements Closeable {
  private static final String SUFFIX = ".tmp";

  /** Another machine that shares the folder may be writing: its processes cannot be seen from here. */
  private static final Duration ABANDONED_AFTER = Duration.ofMinutes(10);

  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private boolean committed;

  private AtomicFile(Path target) throws IOException {
    this.target = behindLink(target.toAbsolutePath());
    prepare(this.target);
    removeAbandoned();
    this.temporary = this.target.resolveSibling(prefix() + ProcessHandle.current().pid() + SUFFIX);
    temporary.toFile().deleteOnExit(); // an interrupt from the keyboard skips close()
    this.channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
  }

  /**
   * Starts writing the future content of {@code target}, or of the file it is a symbolic link to; creates
   * missing parent folders.
   *
   * @throws InputException if the target is a folder or a device, or its parent is a file or takes no new file
   */
  public static AtomicFile create(Path target) throws IOException {
    try {
      return new AtomicFile(target);
    } catch (AccessDeniedException e) {
      throw new InputException(target + ": cannot be written: no permission for " + e.getFile(), e);
    } catch (FileSystemException e) {
      String reason = e.getReason() == null ? "its folder takes no new file" : e.getReason();
      throw new InputException(target + ": cannot be written: " + reason, e);
    }
  }

  /**
   * Finds out before long work what {@link #create} would refuse after it.
   *
   * @throws InputException as {@link #create}
   */
  public static void requireWritable(Path target) throws IOException {
    create(target).close();
  }

  /** True if a file's name is one under which content is written until it is whole. */
  public static boolean isTemporary(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith(".") && name.endsWith(SUFFIX);
  }

  /** Renaming replaces a link, and what it points to would stay as it was. */
  private static Path behindLink(Path target) throws IOException {
    if (!Files.isSymbolicLink(target)) {
      return target;
    }
    return Files.exists(target) ? target.toRealPath() : target.resolveSibling(Files.readSymbolicLink(target));
  }

  private String prefix() {
    return "." + target.getFileName() + ".";
  }

  /** A killed process leaves its half of the same file behind: it goes when the file is written again. */
  private void removeAbandoned() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(target.getParent(), this::isAbandoned)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
  }

  private boolean isAbandoned(Path file) throws IOException {
    String name = file.getFileName().toString();
    if (!name.startsWith(prefix()) || !name.endsWith(SUFFIX)) {
      return false;
    }
    String pid = name.substring(prefix().length(), Math.max(prefix().length(), name.length() - SUFFIX.length()));
    return pid.matches("\\d{1,18}")
        && ProcessHandle.of(Long.parseLong(pid)).isEmpty()
        && Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minus(ABANDONED_AFTER));
  }

  private static void prepare(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      throw InputException.in(target, "expected a file to write, but it is a folder; name a file in it");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw InputException.in(target, "expected a regular file to write, but it is a device or a pipe; name a file");
    }
    try {
      Files.createDirectories(target.getParent());
    } catch (FileAlreadyExistsException e) {
      throw new InputException(target + ": expected a folder to write in, but " + e.getFile() + " is a file", e);
    }
  }

  /**
   * Writes a whole text file in UTF-8.
   *
   * @throws InputException naming the target if it cannot be written, such as on a full disk
   */
  public static void writeText(Path target, CharSequence text) {
    try (AtomicFile file = create(target)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(CharBuffer.wrap(text));
      while (bytes.hasRemaining()) {
        file.channel.write(bytes);
      }
      file.commit();
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /** Where the content goes. */
  public FileChannel channel() {
    return channel;
  }

  /** The same channel as an unbuffered stream; closing it is not needed. */
  public OutputStream stream() {
    return Channels.newOutputStream(channel);
  }

  /** Makes the content durable and visible under the target's name. */
  public void commit() throws IOException {
    channel.force(true);
    channel.close();
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    committed = true;
    try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
      folder.force(true);
    } catch (IOException refused) {
      // some network file systems know no fsync of folders; the file is whole under its name
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (!committed) {
      Files.deleteIfExists(temporary);
    }
  }
}
