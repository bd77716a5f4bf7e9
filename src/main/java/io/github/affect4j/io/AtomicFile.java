package io.github.affect4j.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that appears whole or not at all: written beside its target, fsynced, then renamed over
 * it. Closing without {@link #commit()} removes what was written.
 */
public final class AtomicFile implements Closeable {
  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private boolean committed;

  private AtomicFile(Path target) throws IOException {
    this.target = target.toAbsolutePath();
    Files.createDirectories(this.target.getParent());
    this.temporary = this.target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    this.channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
  }

  /** Starts writing the future content of {@code target}; creates missing parent folders. */
  public static AtomicFile create(Path target) throws IOException {
    return new AtomicFile(target);
  }

  /** Writes a whole text file in UTF-8. */
  public static void writeText(Path target, CharSequence text) throws IOException {
    try (AtomicFile file = create(target)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(CharBuffer.wrap(text));
      while (bytes.hasRemaining()) {
        file.channel.write(bytes);
      }
      file.commit();
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
    try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
      folder.force(true);
    }
    committed = true;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (!committed) {
      Files.deleteIfExists(temporary);
    }
  }
}
