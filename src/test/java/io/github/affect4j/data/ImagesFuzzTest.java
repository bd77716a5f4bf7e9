package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import io.github.affect4j.io.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;

/** Files of images: JPEGs and packed shards. */
class ImagesFuzzTest {
  /** Where the header has the index's place; docs/file-formats.md. */
  private static final int INDEX_OFFSET = 32;

  @TempDir(factory = InMemory.class) Path dir;
  private final JpegDecoder decoder = new JpegDecoder();
  private final JpegDecoder other = new JpegDecoder();

  @FuzzTest
  void jpeg(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("image.jpg"), input, file -> {
      try {
        decoder.decode(file);
        assertTrue(Math.min(decoder.height(), decoder.width()) >= 32);
        assertTrue(Math.max(decoder.height(), decoder.width()) <= 1024);
        byte[] pixels = decoder.pixels().clone();
        assertEquals(decoder.height() * decoder.width() * 3, pixels.length);
        // A decoder that has seen other images, and the same size asked for, give the same pixels.
        other.decode(file, decoder.height(), decoder.width());
        assertArrayEquals(pixels, other.pixels());
      } catch (JpegDecoder.Refusal refusal) {
        Fuzz.requireSentence(refusal.of("image.jpg").reason());
      }
    });
  }

  /** As it is, and with right checksums, behind which the rest is read. */
  @FuzzTest
  void shard(byte[] input) throws Exception {
    Path file = dir.resolve("images.shard");
    Fuzz.bytes(input, bytes -> {
      try {
        readAll(Files.write(file, bytes));
      } catch (InputException refused) {
        Fuzz.requireSentence(refused.getMessage());
      }
      readAll(Files.write(file, withChecksums(bytes)));
    });
  }

  private static void readAll(Path file) {
    PackedShard shard = PackedShard.open(file);
    ByteBuffer pixels = ByteBuffer.allocate(shard.imageBytes());
    for (int slot = 0; slot < shard.images().size(); slot++) {
      assertEquals(slot, shard.slot(shard.images().get(slot)));
      if (shard.problem(slot) == null) {
        try {
          shard.read(slot, pixels.clear());
          assertEquals(0, pixels.remaining());
        } catch (InputException damaged) {
          Fuzz.requireSentence(damaged.getMessage());
        }
      } else {
        assertFalse(shard.problem(slot).reason().isEmpty());
      }
    }
  }

  private static byte[] withChecksums(byte[] shard) {
    if (shard.length < ShardFormat.HEADER_BYTES) {
      return shard;
    }
    ByteBuffer bytes = ByteBuffer.wrap(shard.clone()).order(ByteOrder.LITTLE_ENDIAN);
    int covered = ShardFormat.HEADER_BYTES - Integer.BYTES;
    long index = bytes.getLong(INDEX_OFFSET);
    if (index >= 0 && index < shard.length) {
      bytes.putInt(covered - Integer.BYTES, ShardFormat.crc(Arrays.copyOfRange(shard, (int) index, shard.length)));
    }
    bytes.put(0, ShardFormat.MAGIC).putInt(ShardFormat.MAGIC.length, ShardFormat.VERSION);
    bytes.putInt(covered, ShardFormat.crc(Arrays.copyOf(bytes.array(), covered)));
    return bytes.array();
  }
}
