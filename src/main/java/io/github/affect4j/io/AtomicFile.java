package io.github.affect4j.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;

/**
 * A file that appears whole or not at all: written beside its target, fsynced, then renamed over
 * it. Closing without {@link #commit()} removes what was written.
 */
public final class AtomicFile implements Closeable {
  private static final String SUFFIX = ".tmp";

  /** Of this process and no other: containers and machines that share a folder have processes of one id. */
  private static final String PROCESS = String.format("%016x", new SecureRandom().nextLong());

  /** The older form is a process id. */
  private static final Pattern ANY_PROCESS = Pattern.compile("[0-9a-f]{1,18}");

  /** Not every file system shows the locks of other machines: what was written a moment ago is in use. */
  private static final Duration ABANDONED_AFTER = Duration.ofMinutes(2);

  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private boolean committed;

  private AtomicFile(Path target) throws IOException {
    this.target = behindLink(target.toAbsolutePath());
    prepare(this.target);
    this.temporary = this.target.resolveSibling(prefix() + PROCESS + SUFFIX);
    this.channel =
        FileChannel.open(
            temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    temporary.toFile().deleteOnExit(); // an interrupt from the keyboard skips close()
    LockFile.isFree(channel); // held while it is written, so that others see that it is
    removeAbandoned();
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
    } catch (FileSystemException e) {
      String reason = e instanceof NoSuchFileException ? "its folder takes no new file" : InputException.reason(e);
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
  private void removeAbandoned() {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(target.getParent(), this::isAbandoned)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | DirectoryIteratorException notOurs) {
      // such as another user's; it is in nobody's way
    }
  }

  /** By the folder's own clock, which may be another machine's. */
  private boolean isAbandoned(Path file) throws IOException {
    String name = file.getFileName().toString();
    if (!name.startsWith(prefix()) || !name.endsWith(SUFFIX) || name.length() < prefix().length() + SUFFIX.length()) {
      return false;
    }
    String process = name.substring(prefix().length(), name.length() - SUFFIX.length());
    // Opening and closing a file of this process would release the lock on it.
    if (process.equals(PROCESS) || !ANY_PROCESS.matcher(process).matches() || !Files.isRegularFile(file)) {
      return false;
    }
    Instant now = Files.getLastModifiedTime(temporary).toInstant();
    if (Files.getLastModifiedTime(file).toInstant().isAfter(now.minus(ABANDONED_AFTER))) {
      return false;
    }
    try (FileChannel half = FileChannel.open(file, StandardOpenOption.WRITE)) {
      return LockFile.isFree(half);
    }
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
      throw new InputException(target + ": cannot be written: " + InputException.reason(e), e);
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
    try { // before the lock on it ends
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (NoSuchFileException e) {
      throw new IOException("another process has removed " + temporary.getFileName() + " while it was written", e);
    }
    committed = true;
    channel.close();
    try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
      folder.force(true);
    } catch (IOException refused) {
      // some network file systems know no fsync of folders; the file is whole under its name
    }
  }

  @Override
  public void close() throws IOException {
    if (!committed) {
      Files.deleteIfExists(temporary);
    }
    channel.close();
  }
}
