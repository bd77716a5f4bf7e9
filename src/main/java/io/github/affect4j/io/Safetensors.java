package io.github.affect4j.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * A safetensors file, opened for reading. The format: 8 bytes little-endian header length, a JSON
 * header (name to dtype, shape and data_offsets, and string pairs under {@code __metadata__}), then
 * the tensors, without gap or overlap. Nothing in a file is executed or trusted: the header is
 * checked whole before a tensor can be read. Every violation is an {@link InputException} naming
 * the file and the tensor. Used by one thread at a time.
 */
public final class Safetensors implements Closeable {
  /** Metadata key under which {@link SafetensorsWriter} keeps the CRC-32C of the file. */
  static final String CHECKSUM_KEY = "crc32c";

  /** What stands in place of the checksum while it is computed. */
  static final String CHECKSUM_ZERO = "00000000";

  /** Far above any real network's header; a larger length is a foreign or hostile file. */
  static final long MAX_HEADER_BYTES = 10_000_000;

  static final int LENGTH_BYTES = 8;
  private static final String EXPECTED = "expected a safetensors file";
  private static final int CHUNK_BYTES = 1 << 16;

  private final Path file;
  private final FileChannel channel;
  private final byte[] header;
  private final Map<String, String> metadata;
  private final Map<String, TensorEntry> tensors;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private Safetensors(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    long size = channel.size();
    if (size < LENGTH_BYTES) {
      throw noSafetensors(size, size == 0 ? "empty; use another copy" : "only " + size + " bytes long");
    }
    long length = read(0, LENGTH_BYTES).getLong();
    if (length < 2 || length > MAX_HEADER_BYTES) {
      throw noSafetensors(size, "none: its header claims " + Long.toUnsignedString(length) + " bytes");
    }
    if (length > size - LENGTH_BYTES) {
      throw InputException.in(
          file, "truncated: the header has " + length + " bytes, but only " + (size - LENGTH_BYTES) + " follow");
    }
    header = new byte[(int) length];
    readFully(LENGTH_BYTES, ByteBuffer.wrap(header));
    SafetensorsHeader parsed = SafetensorsHeader.parse(file, header, size);
    metadata = Collections.unmodifiableMap(parsed.metadata());
    tensors = Collections.unmodifiableMap(parsed.tensors());
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws InputException if the file is absent or not a well-formed safetensors file
   */
  public static Safetensors open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      String came = Files.isDirectory(file) ? "a folder; name a file in it"
          : "a device or a pipe, which cannot be read in any order; save it as a file";
      throw InputException.in(file,
          EXPECTED + (Files.exists(file) ? ", but it is " + came : ", but there is no such file; check the path"));
    }
    FileChannel channel = FileChannel.open(file);
    try {
      return new Safetensors(file, channel);
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private InputException noSafetensors(long size, String otherwise) throws IOException {
    String came = ForeignFile.of(read(0, (int) Math.min(size, ForeignFile.HEAD_BYTES))).orElse(otherwise);
    return InputException.in(file, EXPECTED + ", but it is " + came);
  }

  /** The file that was opened. */
  public Path file() {
    return file;
  }

  /** The string pairs of {@code __metadata__}; empty if there are none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** All tensors by name, in the order of the header. */
  public Map<String, TensorEntry> tensors() {
    return tensors;
  }

  /**
   * Compares the content with the checksum that {@link SafetensorsWriter} left in it.
   *
   * @return false if the file carries no checksum (other writers leave none)
   * @throws InputException if the content was changed or damaged, be it in the name of the checksum
   */
  public boolean verify() throws IOException {
    String expected = metadata.get(CHECKSUM_KEY);
    if (expected == null) {
      if (metadata.keySet().stream().anyMatch(Safetensors::isDamagedChecksumKey)) {
        throw InputException.in(file, "damaged: its checksum has another name; use another copy");
      }
      return false;
    }
    CRC32C crc = new CRC32C();
    crc.update(read(0, LENGTH_BYTES));
    crc.update(headerWithoutChecksum());
    long end = channel.size();
    for (long position = LENGTH_BYTES + header.length; position < end; position += CHUNK_BYTES) {
      crc.update(read(position, (int) Math.min(CHUNK_BYTES, end - position)));
    }
    if (!expected.equals(format(crc))) {
      throw InputException.in(
          file, "damaged: its checksum should be " + expected + " but is " + format(crc) + "; use another copy");
    }
    return true;
  }

  /** Or else one flipped bit in the name would switch the check off. */
  private static boolean isDamagedChecksumKey(String key) {
    return key.length() == CHECKSUM_KEY.length()
        && IntStream.range(0, key.length()).filter(i -> key.charAt(i) != CHECKSUM_KEY.charAt(i)).count() == 1;
  }

  private byte[] headerWithoutChecksum() {
    byte[] copy = header.clone();
    int at = checksumPosition(new String(copy, StandardCharsets.ISO_8859_1));
    if (at >= 0 && at + CHECKSUM_ZERO.length() <= copy.length) {
      byte[] zero = CHECKSUM_ZERO.getBytes(StandardCharsets.ISO_8859_1);
      System.arraycopy(zero, 0, copy, at, zero.length);
    }
    return copy;
  }

  /** Index of the checksum's first digit in a header as bytes, one character each; -1 if absent. */
  static int checksumPosition(String header) {
    String key = "\"" + CHECKSUM_KEY + "\":\"";
    int at = header.indexOf(key);
    return at < 0 ? -1 : at + key.length();
  }

  static String format(CRC32C crc) {
    return String.format("%08x", crc.getValue());
  }

  /**
   * Reads a tensor as floats into the remaining space of a buffer, which must be exactly its size.
   *
   * @throws InputException if its type is not F32, F16, BF16 or F64
   */
  public void read(TensorEntry tensor, FloatBuffer destination) throws IOException {
    if (!tensor.type().isReadable()) {
      throw InputException.in(
          file, "tensor " + Printable.quote(tensor.name()) + " has type " + tensor.type()
              + "; expected F32, F16, BF16 or F64");
    }
    if (destination.remaining() != tensor.elements()) {
      throw new IllegalArgumentException(
          tensor.name() + " has " + tensor.elements() + " elements, the buffer " + destination.remaining());
    }
    for (long done = 0; done < tensor.bytes(); done += CHUNK_BYTES) {
      int bytes = (int) Math.min(CHUNK_BYTES, tensor.bytes() - done);
      tensor.type().convert(read(tensor.offset() + done, bytes), destination);
    }
  }

  private ByteBuffer read(long position, int bytes) throws IOException {
    chunk.clear().limit(bytes);
    readFully(position, chunk);
    return chunk.flip();
  }

  private void readFully(long position, ByteBuffer destination) throws IOException {
    while (destination.hasRemaining()) {
      int bytes = channel.read(destination, position);
      if (bytes < 0) {
        throw InputException.in(file, "became shorter while it was read");
      }
      position += bytes;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
