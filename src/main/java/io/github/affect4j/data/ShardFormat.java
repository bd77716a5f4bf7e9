package io.github.affect4j.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32C;

/** Constants and primitives of the packed shard, which docs/file-formats.md specifies. */
final class ShardFormat {
  static final byte[] MAGIC = "A4JSHARD".getBytes(StandardCharsets.US_ASCII);

  /** Of the layout and of the decoder, whose pixels a shard keeps: a change of either makes older shards worthless. */
  static final int VERSION = 2;

  static final int CHANNELS = 3;
  static final int FINGERPRINT_BYTES = 32;

  /** Header fields end with their checksum; the pixels start on the next page. */
  static final int HEADER_BYTES = 88;
  static final int PIXELS_OFFSET = 4096;

  /** Status byte of a usable image; the kinds of {@link BadImage} follow from 1. */
  static final byte USABLE = 0;

  /** Status, checksum, and the lengths of path and detail. */
  static final int SMALLEST_ENTRY = 1 + Integer.BYTES + 2 * Short.BYTES;
  static final int LONGEST_TEXT = 0xFFFF;

  private ShardFormat() {}

  static byte status(BadImage.Kind kind) {
    return (byte) (1 + kind.ordinal());
  }

  static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  static int crc(byte[] bytes) {
    return crc(ByteBuffer.wrap(bytes));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
