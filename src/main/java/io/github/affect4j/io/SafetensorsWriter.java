package io.github.affect4j.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes a safetensors file of F32 tensors, which appears whole or not at all: declare all tensors,
 * {@link #write} them in that order, {@link #commit}. The file carries a CRC-32C of its content in
 * its metadata, which {@link Safetensors#verify} checks and other readers ignore.
 */
public final class SafetensorsWriter implements Closeable {
  /**
   * Name and shape of a tensor to come.
   *
   * @param name unique in the file
   * @param shape sizes, row-major
   */
  public record Declaration(String name, List<Long> shape) {
    public Declaration {
      shape = List.copyOf(shape);
    }

    long bytes() {
      return Float.BYTES * shape.stream().reduce(1L, Math::multiplyExact);
    }
  }

  private static final int CHUNK_BYTES = 1 << 16;
  private static final int ALIGNMENT = 8;

  private final Path file;
  private final AtomicFile target;
  private final Iterator<Declaration> due;
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long checksumPosition;

  private SafetensorsWriter(Path file, AtomicFile target, List<Declaration> tensors) {
    this.file = file;
    this.target = target;
    this.due = List.copyOf(tensors).iterator();
  }

  /** Starts a file: writes its header. */
  public static SafetensorsWriter create(Path file, Map<String, String> metadata, List<Declaration> tensors)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter(file, AtomicFile.create(file), tensors);
    try {
      writer.writeHeader(metadata, tensors);
      return writer;
    } catch (IOException | RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  private void writeHeader(Map<String, String> metadata, List<Declaration> tensors) throws IOException {
    byte[] header = header(metadata, tensors).getBytes(StandardCharsets.UTF_8);
    int padding = -header.length & (ALIGNMENT - 1);
    ByteBuffer bytes =
        ByteBuffer.allocate(Safetensors.LENGTH_BYTES + header.length + padding).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(header.length + padding).put(header);
    for (int i = 0; i < padding; i++) {
      bytes.put((byte) ' ');
    }
    int inHeader = Safetensors.checksumPosition(new String(header, StandardCharsets.ISO_8859_1));
    checksumPosition = Safetensors.LENGTH_BYTES + inHeader;
    writeFully(bytes.flip());
  }

  private static String header(Map<String, String> metadata, List<Declaration> tensors)
      throws JsonProcessingException {
    Map<String, Object> header = new LinkedHashMap<>();
    Map<String, String> pairs = new LinkedHashMap<>();
    pairs.put(Safetensors.CHECKSUM_KEY, Safetensors.CHECKSUM_ZERO);
    pairs.putAll(metadata);
    pairs.put(Safetensors.CHECKSUM_KEY, Safetensors.CHECKSUM_ZERO);
    header.put(SafetensorsHeader.METADATA, pairs);
    long offset = 0;
    for (Declaration tensor : tensors) {
      long end = offset + tensor.bytes();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", TensorType.F32.name());
      entry.put("shape", tensor.shape());
      entry.put("data_offsets", List.of(offset, end));
      if (header.put(tensor.name(), entry) != null) {
        throw new IllegalArgumentException("two tensors are named " + tensor.name());
      }
      offset = end;
    }
    return Json.mapper().writeValueAsString(header);
  }

  /** Writes the remaining content of a buffer as the next declared tensor. */
  public void write(FloatBuffer values) throws IOException {
    Declaration tensor = due.next();
    if (values.remaining() * (long) Float.BYTES != tensor.bytes()) {
      throw new IllegalArgumentException(tensor + " got " + values.remaining() + " elements");
    }
    FloatBuffer source = values.duplicate();
    while (source.hasRemaining()) {
      int elements = Math.min(source.remaining(), CHUNK_BYTES / Float.BYTES);
      chunk.clear().asFloatBuffer().put(source.slice(source.position(), elements));
      source.position(source.position() + elements);
      writeFully(chunk.limit(elements * Float.BYTES));
    }
  }

  private void writeFully(ByteBuffer bytes) throws IOException {
    crc.update(bytes.duplicate());
    FileChannel channel = target.channel();
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private IOException unwritable(IOException e) {
    return new IOException(file + ": cannot be written (" + e.getMessage() + "); what was there before is intact", e);
  }

  /** Makes the file durable and visible. */
  public void commit() throws IOException {
    if (due.hasNext()) {
      throw new IllegalStateException(due.next() + " was declared but not written");
    }
    byte[] digits = Safetensors.format(crc).getBytes(StandardCharsets.ISO_8859_1);
    try {
      target.channel().write(ByteBuffer.wrap(digits), checksumPosition);
      target.commit();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public void close() throws IOException {
    target.close();
  }
}
