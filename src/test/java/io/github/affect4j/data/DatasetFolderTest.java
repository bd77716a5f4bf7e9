package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.affect4j.data.BadImage.Kind;
import io.github.affect4j.io.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetFolderTest {
  private static final int BYTES = 48 * 64 * 3;

  @TempDir Path dir;
  private Path tree;
  private Path cache;
  private final List<String> images =
      List.of("a/1.jpg", "a/2.jpg", "a/1.jpg", "a/3.jpg", "b/1.jpg", "a/4.jpg", "a/3.jpg");

  @BeforeEach
  void writeTree() throws IOException {
    tree = dir.resolve(DatasetFolder.IMAGE_FOLDER);
    cache = dir.resolve("cache");
    Jpegs.write(tree, "a/1.jpg", Jpegs.bytes(64, 48, 1));
    Jpegs.write(tree, "a/2.jpg", Jpegs.bytes(64, 48, 2));
    Jpegs.write(tree, "a/3.jpg", Jpegs.truncated(64, 48, 3));
    Jpegs.write(tree, "a/4.jpg", Jpegs.bytes(48, 48, 4));
  }

  @Test
  void imagesWhoseNameIsThereInAnotherUnicodeFormAreNamed() throws IOException {
    assumeTrue(System.getProperty("sun.jnu.encoding").equals("UTF-8"), "paths in a UTF-8 locale");
    Jpegs.write(tree, "cafe\u0301/1.jpg", Jpegs.bytes(64, 48, 1));
    String hint = "; the same name is there in another Unicode form, so write both in NFC";
    assertEquals(hint, DatasetFolder.otherForm(tree, List.of("a/5.jpg", "caf\u00e9/1.jpg")));
    assertEquals("", DatasetFolder.otherForm(tree, List.of("a/5.jpg", "caf\u00e9/2.jpg")));
    DatasetFolder folder = DatasetFolder.open(dir);
    InputException e = assertThrows(
        InputException.class, () -> folder.images(List.of("caf\u00e9/1.jpg"), cache, DecodeProgress.NONE));
    assertTrue(e.getMessage().endsWith(hint), e.getMessage());
  }

  private ImageSource open() {
    return DatasetFolder.open(dir).images(images, cache, DecodeProgress.NONE);
  }

  private static byte[] read(ImageSource source, int row) {
    ByteBuffer pixels = ByteBuffer.allocate(BYTES + 2).position(1);
    source.read(row, pixels);
    assertEquals(BYTES + 1, pixels.position());
    byte[] image = new byte[BYTES];
    pixels.get(1, image);
    return image;
  }

  private byte[] decoded(String image) throws Exception {
    JpegDecoder decoder = new JpegDecoder();
    decoder.decode(tree.resolve(image));
    return decoder.pixels();
  }

  private Path cacheFile() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      List<Path> all = files.toList();
      assertEquals(1, all.size(), "one shard and no leftovers: " + all);
      return all.get(0);
    }
  }

  @Test
  void checksumsAreThePixels() throws Exception {
    int[] before;
    try (ImageSource source = open()) {
      before = IntStream.range(0, source.size()).map(source::checksum).toArray();
      assertEquals(ShardFormat.crc(decoded("a/1.jpg")), before[0]);
      assertEquals(before[0], before[2], "the same image");
      assertEquals(0, before[3], "a damaged image");
      assertEquals(0, before[4], "no image");
    }
    Files.move(tree.resolve("a/1.jpg"), tree.resolve("a/x.jpg"));
    Files.move(tree.resolve("a/2.jpg"), tree.resolve("a/1.jpg"));
    Files.move(tree.resolve("a/x.jpg"), tree.resolve("a/2.jpg"));
    try (ImageSource source = open()) {
      assertEquals(before[0], source.checksum(1));
      assertEquals(before[1], source.checksum(0));
    }
  }

  @Test
  void servesRowsNotPaths() throws Exception {
    try (ImageSource source = open()) {
      assertEquals(7, source.size());
      assertEquals(48, source.height());
      assertEquals(64, source.width());
      assertArrayEquals(decoded("a/1.jpg"), read(source, 0));
      assertArrayEquals(decoded("a/2.jpg"), read(source, 1));
      assertArrayEquals(decoded("a/1.jpg"), read(source, 2));
    }
  }

  @Test
  void setsUnusableImagesAsideOnceEachInRowOrder() {
    try (ImageSource source = open()) {
      assertEquals(
          List.of("a/3.jpg", "b/1.jpg", "a/4.jpg"), source.problems().stream().map(BadImage::image).toList());
      assertEquals(
          List.of(Kind.CORRUPT, Kind.MISSING, Kind.WRONG_SIZE),
          source.problems().stream().map(BadImage::kind).toList());
      List<Boolean> usable = new ArrayList<>();
      for (int row = 0; row < source.size(); row++) {
        usable.add(source.usable(row));
      }
      assertEquals(List.of(true, true, true, false, false, false, false), usable);
      ByteBuffer pixels = ByteBuffer.allocate(BYTES);
      assertFalse(source.read(3, pixels));
      assertEquals((byte) 128, pixels.get(77));
    }
  }

  @Test
  void writesTheQuarantineFile() throws IOException {
    Path file = dir.resolve("q/quarantine.csv");
    try (ImageSource source = open()) {
      Quarantine.write(file, source.problems());
    }
    List<String> lines = Files.readAllLines(file);
    assertEquals("path,reason", lines.get(0));
    assertTrue(lines.get(1).startsWith("a/3.jpg,corrupt: "), lines.get(1));
    assertEquals("b/1.jpg,missing", lines.get(2));
    assertEquals("a/4.jpg,\"wrong size: 48 x 48, expected 64 x 48\"", lines.get(3));
  }

  @Test
  void reusesTheCacheUntilAFileChanges() throws Exception {
    open().close();
    Path shard = cacheFile();
    FileTime made = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(shard, made);
    open().close();
    assertEquals(made, Files.getLastModifiedTime(shard));
    Jpegs.write(tree, "a/2.jpg", Jpegs.bytes(64, 48, 99));
    try (ImageSource source = open()) {
      assertArrayEquals(decoded("a/2.jpg"), read(source, 1));
    }
    assertEquals(shard, cacheFile());
  }

  @Test
  void makesADamagedCacheAgain() throws Exception {
    open().close();
    Path shard = cacheFile();
    byte[] whole = Files.readAllBytes(shard);
    Files.write(shard, java.util.Arrays.copyOf(whole, whole.length - 1));
    open().close();
    assertArrayEquals(whole, Files.readAllBytes(shard));
  }

  @Test
  void makesACacheWithOneDamagedPixelAgain() throws Exception {
    open().close();
    Path shard = cacheFile();
    byte[] whole = Files.readAllBytes(shard);
    byte[] damaged = whole.clone();
    damaged[ShardFormat.PIXELS_OFFSET + BYTES + 5] ^= 1;
    Files.write(shard, damaged);
    try (ImageSource source = open()) {
      assertArrayEquals(decoded("a/2.jpg"), read(source, 1));
    }
    assertArrayEquals(whole, Files.readAllBytes(shard));
  }

  @Test
  void makesACacheOfAnotherDecoderAgain() throws Exception {
    open().close();
    Path shard = cacheFile();
    byte[] whole = Files.readAllBytes(shard);
    byte[] older = whole.clone();
    ByteBuffer all = ByteBuffer.wrap(older).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 1);
    older[ShardFormat.PIXELS_OFFSET] ^= 1;
    int covered = ShardFormat.HEADER_BYTES - Integer.BYTES;
    all.putInt(covered, ShardFormat.crc(ByteBuffer.wrap(older, 0, covered)));
    Files.write(shard, older);
    open().close();
    assertArrayEquals(whole, Files.readAllBytes(shard));
  }

  @Test
  void reportsProgressUpToTheTotal() {
    List<Integer> seen = new ArrayList<>();
    DatasetFolder.open(dir).images(images, cache, (done, total) -> {
      assertEquals(5, total);
      seen.add(done);
    });
    assertEquals(5, seen.get(seen.size() - 1));
  }

  @Test
  void aReadShardWithOneChangedPixelSaysWhichImage() throws IOException {
    open().close();
    Path shard = cacheFile();
    try (FileChannel channel = FileChannel.open(shard, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer pixel = ByteBuffer.allocate(1);
      long position = ShardFormat.PIXELS_OFFSET + BYTES + 5;
      channel.read(pixel, position);
      pixel.put(0, (byte) (pixel.get(0) ^ 1)).rewind();
      channel.write(pixel, position);
    }
    PackedShard damaged = PackedShard.open(shard);
    assertEquals(List.of("a/2.jpg"), damaged.verify(DecodeProgress.NONE));
    ByteBuffer pixels = ByteBuffer.allocate(BYTES);
    damaged.read(0, pixels);
    InputException e = assertThrows(InputException.class, () -> damaged.read(1, pixels.clear()));
    assertTrue(e.getMessage().contains("a/2.jpg do not match their checksum"), e.getMessage());
  }

  @Test
  void refusesAClosedSource() {
    ImageSource source = open();
    source.close();
    assertThrows(IllegalStateException.class, () -> source.read(0, ByteBuffer.allocate(BYTES)));
  }

  @Test
  void saysWhatALayoutLacks() throws IOException {
    Path empty = Files.createDirectory(dir.resolve("empty"));
    assertMessage("found neither", () -> DatasetFolder.open(empty));
    assertMessage("there is none", () -> DatasetFolder.open(dir.resolve("absent")));
    DatasetFolder folder = DatasetFolder.open(dir);
    assertMessage(DatasetFolder.TRAINING_FILE, folder::training);
    assertMessage(DatasetFolder.VALIDATION_FILE, folder::validation);
    assertTrue(folder.testList().isEmpty());
    assertMessage("it is empty", () -> folder.images(List.of(), cache, DecodeProgress.NONE));
  }

  @Test
  void refusesATreeWithoutAUsableImage() {
    DatasetFolder folder = DatasetFolder.open(dir);
    assertMessage("none of the 2 listed can be used, such as a/3.jpg (corrupt",
        () -> folder.images(List.of("a/3.jpg", "b/9.jpg"), cache, DecodeProgress.NONE));
    assertFalse(Files.exists(cache));
  }

  @Test
  void refusesATreeWhoseFirstImageIsTheOddOne() throws IOException {
    assertMessage("2 of 3 differ from the first usable one, such as this (64 x 48, expected 48 x 48)",
        () -> DatasetFolder.open(dir).images(List.of("a/4.jpg", "a/1.jpg", "a/2.jpg"), cache, DecodeProgress.NONE));
    try (Stream<Path> files = Files.list(cache)) {
      assertEquals(0, files.count());
    }
  }

  private static void assertMessage(String part, org.junit.jupiter.api.function.Executable call) {
    InputException e = assertThrows(InputException.class, call);
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }
}
