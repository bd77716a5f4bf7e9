package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.affect4j.io.FullDisk;
import io.github.affect4j.io.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackedShardTest {
  @TempDir Path dir;
  private Path shard;
  private byte[] good;

  @BeforeEach
  void pack() throws IOException {
    Jpegs.write(dir, "a/1.jpg", Jpegs.bytes(32, 32, 1));
    Jpegs.write(dir, "a/2.jpg", Jpegs.bytes(32, 32, 2));
    shard = dir.resolve("images.shard");
    new ShardWriter(dir, List.of("a/1.jpg", "a/2.jpg", "a/3.jpg"), new byte[32]).write(shard, DecodeProgress.NONE);
    good = Files.readAllBytes(shard);
  }

  private String refusal(byte[] bytes) throws IOException {
    Files.write(shard, bytes);
    InputException e = assertThrows(InputException.class, () -> PackedShard.open(shard));
    assertEquals(1, e.getMessage().lines().count());
    assertTrue(e.getMessage().startsWith(shard + ": "), e.getMessage());
    return e.getMessage();
  }

  /** The bytes with a right header checksum, as a hostile writer would make them. */
  private byte[] resealed(byte[] bytes) {
    int covered = ShardFormat.HEADER_BYTES - Integer.BYTES;
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    all.putInt(covered, ShardFormat.crc(all.duplicate().position(0).limit(covered)));
    return bytes;
  }

  @Test
  void isTheSameFileEachTime() throws IOException {
    new ShardWriter(dir, List.of("a/1.jpg", "a/2.jpg", "a/3.jpg"), new byte[32]).write(shard, DecodeProgress.NONE);
    assertTrue(Arrays.equals(good, Files.readAllBytes(shard)));
    PackedShard open = PackedShard.open(shard);
    assertEquals(List.of("a/1.jpg", "a/2.jpg", "a/3.jpg"), open.images());
    assertEquals(1, open.problems().size());
    assertEquals(-1, open.slot("a/9.jpg"));
  }

  @Test
  void refusesEveryTruncationAndAnythingAppended() throws IOException {
    for (int length = 0; length < good.length; length += 97) {
      assertTrue(refusal(Arrays.copyOf(good, length)).contains("damaged"));
    }
    assertTrue(refusal(Arrays.copyOf(good, good.length + 1)).contains("damaged"));
  }

  @Test
  void refusesAnotherFile() throws IOException {
    byte[] jpeg = Arrays.copyOf(Jpegs.bytes(32, 32, 1), 5000);
    assertTrue(refusal(jpeg).contains("make one with 'affect4j pack'"));
    byte[] other = good.clone();
    for (byte version : new byte[] {1, 3}) { // 1: the JDK's decoder
      other[8] = version;
      String sentence = "version 2, got " + version + ", whose images another release decoded; pack again";
      assertTrue(refusal(other).contains(sentence), refusal(other));
    }
  }

  @Test
  void noticesAnyChangedByteOfHeaderAndIndex() throws IOException {
    int index = ShardFormat.PIXELS_OFFSET + 3 * 32 * 32 * 3;
    for (int at = 0; at < good.length; at = at == ShardFormat.HEADER_BYTES - 1 ? index : at + 1) {
      byte[] bytes = good.clone();
      bytes[at] ^= 0x10;
      refusal(bytes);
    }
  }

  @ParameterizedTest
  @CsvSource({"12,-1", "12,0", "16,2147483647", "20,4", "24,-1", "24,0", "24,2147483647", "32,0", "32,-5", "40,-1",
      "40,0", "40,2147483647"})
  void refusesHostileSizesWithARightChecksum(int offset, int value) throws IOException {
    byte[] bytes = good.clone();
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (offset < 24) {
      all.putInt(offset, value);
    } else {
      all.putLong(offset, value);
    }
    assertTrue(refusal(resealed(bytes)).contains("damaged"));
  }

  @Test
  void survivesAHostileIndexWithRightChecksums() throws IOException {
    int index = ShardFormat.PIXELS_OFFSET + 3 * 32 * 32 * 3;
    Random random = new Random(2);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = good.clone();
      bytes[index + random.nextInt(bytes.length - index)] = (byte) random.nextInt();
      ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      all.putInt(80, ShardFormat.crc(ByteBuffer.wrap(bytes, index, bytes.length - index)));
      Files.write(shard, resealed(bytes));
      try {
        PackedShard.open(shard).verify(DecodeProgress.NONE);
      } catch (InputException e) {
        assertTrue(e.getMessage().contains("damaged"), e.getMessage());
      }
    }
  }

  /** 400 images of 3 MiB, of which 4 exist: the file is sparse. */
  @Test
  void readsAcrossMappingsBeyondOneGibibyte() throws Exception {
    assumeTrue(Files.getFileStore(dir).getUsableSpace() > 3L << 30, "not enough room for a sparse file");
    List<String> images = IntStream.range(0, 400).mapToObj(i -> "big/" + i + ".jpg").toList();
    List<Integer> present = List.of(0, 340, 341, 399); // 341 images fill the first mapping
    for (int i : present) {
      Jpegs.write(dir, images.get(i), Jpegs.bytes(1024, 1024, i));
    }
    new ShardWriter(dir, images, new byte[32]).write(shard, DecodeProgress.NONE);
    assertTrue(Files.size(shard) > 1L << 30);
    PackedShard open = PackedShard.open(shard);
    assertEquals(396, open.problems().size());
    JpegDecoder decoder = new JpegDecoder();
    ByteBuffer pixels = ByteBuffer.allocate(1024 * 1024 * 3);
    for (int i : present) {
      open.read(i, pixels.clear());
      decoder.decode(dir.resolve(images.get(i)));
      assertArrayEquals(decoder.pixels(), pixels.array(), "image " + i);
    }
  }

  @Test
  void storedImagesAreThoseThatAreReadAndDamageIsNoticed() throws IOException {
    List<String> rows = List.of("a/2.jpg", "a/3.jpg", "a/1.jpg", "a/2.jpg");
    int bytes = 32 * 32 * 3;
    try (ShardImages images = new ShardImages(PackedShard.open(shard), rows)) {
      images.verify(DecodeProgress.NONE);
      assertEquals(1, images.stored().size());
      ByteBuffer block = images.stored().get(0);
      assertEquals(3 * bytes, block.remaining());
      for (int row : List.of(0, 2, 3)) {
        ByteBuffer read = ByteBuffer.allocate(bytes);
        images.read(row, read);
        assertEquals(read.flip(), block.slice(images.slot(row) * bytes, bytes), "row " + row);
      }
    }
    byte[] damaged = good.clone();
    damaged[ShardFormat.PIXELS_OFFSET + bytes + 5] ^= 1; // of a/2.jpg
    Files.write(shard, damaged);
    try (ShardImages others = new ShardImages(PackedShard.open(shard), List.of("a/1.jpg"))) {
      others.verify(DecodeProgress.NONE);
    }
    try (ShardImages images = new ShardImages(PackedShard.open(shard), rows)) {
      InputException e = assertThrows(InputException.class, () -> images.verify(DecodeProgress.NONE));
      assertTrue(e.getMessage().contains("the pixels of a/2.jpg do not match"), e.getMessage());
    }
  }

  @Test
  void aFullDiskIsOneSentenceAndLeavesNothing() throws Exception {
    ShardWriter writer = new ShardWriter(dir, List.of("a/1.jpg", "a/2.jpg"), new byte[32]);
    Path target = dir.resolve("full/full.shard");
    FullDisk.during(ShardFormat.PIXELS_OFFSET, () -> {
      InputException e = assertThrows(InputException.class, () -> writer.write(target, DecodeProgress.NONE));
      assertTrue(
          e.getMessage().startsWith(target + ": the disk is full: 2 unpacked images need 1 MiB"), e.getMessage());
    });
    assertEquals(0, target.getParent().toFile().list().length);
  }
}
