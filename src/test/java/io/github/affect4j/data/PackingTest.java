package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.LockFile;
import io.github.affect4j.io.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackingTest {
  @TempDir Path dir;
  private Path data;
  private Path packed;
  private DatasetFolder source;

  @BeforeEach
  void generate() {
    data = dir.resolve("data");
    packed = dir.resolve("packed");
    source = SyntheticFaces.generate(data, new SyntheticOptions(60, 50, 20, 40, 3), DecodeProgress.NONE);
  }

  private PackReport pack() {
    return Packing.run(new PackOptions(data, packed, true), DecodeProgress.NONE);
  }

  private static List<byte[]> pixels(DatasetFolder folder, Path cache) {
    List<byte[]> all = new ArrayList<>();
    try (ImageSource images = folder.images(folder.training().images(), cache, DecodeProgress.NONE)) {
      for (int row = 0; row < images.size(); row++) {
        ByteBuffer image = ByteBuffer.allocate(40 * 40 * 3);
        images.read(row, image);
        all.add(image.array());
      }
    }
    return all;
  }

  @Test
  void missingImagesAreStillCountedWhenPacked() throws IOException {
    List<String> images = source.training().images();
    Set<String> missing = source.missing(images);
    assertFalse(missing.isEmpty());
    pack();
    assertEquals(missing, DatasetFolder.open(packed).missing(images));
    assertEquals(
        Set.of("of/another.jpg"), DatasetFolder.open(packed).missing(List.of("of/another.jpg", images.get(0))));
  }

  @Test
  void countsWhatItFound() {
    PackReport report = pack();
    assertEquals(62, report.trainingRows());
    assertEquals(52, report.validationRows());
    assertEquals(20, report.testRows());
    assertEquals(130, report.images());
    assertEquals(3, report.missing());
    assertEquals(3, report.corrupt());
    assertEquals(1, report.wrongSize());
    assertEquals(123, report.usable());
    assertTrue(report.verified() && report.good());
    assertTrue(report.toText().contains("130 images of 40 x 40"), report.toText());
  }

  @Test
  void jsonNamesFilesAsTheUserDid() {
    PackReport report = pack();
    String shard = Json.mapper().valueToTree(report).get("shard").asText();
    assertEquals(packed.resolve("images.shard").toString(), shard);
  }

  @Test
  void thePackedSetStandsAloneAndHasTheSamePixels() {
    pack();
    DatasetFolder folder = DatasetFolder.open(packed);
    assertFalse(Files.exists(folder.imageRoot()));
    assertEquals(source.training().images(), folder.training().images());
    assertEquals(source.validation().images(), folder.validation().images());
    assertEquals(ImageList.read(source.testList().orElseThrow()), ImageList.read(folder.testList().orElseThrow()));
    List<byte[]> expected = pixels(source, dir.resolve("cache"));
    List<byte[]> actual = pixels(folder, dir.resolve("unused"));
    for (int row = 0; row < expected.size(); row++) {
      assertTrue(java.util.Arrays.equals(expected.get(row), actual.get(row)), "row " + row);
    }
    assertFalse(Files.exists(dir.resolve("unused")), "a packed set needs no cache");
    assertEquals(DatasetFolder.open(packed.resolve(DatasetFolder.SHARD_FILE)).root(), packed.toAbsolutePath());
  }

  @Test
  void quarantinesWithReasons() throws IOException {
    PackReport report = pack();
    List<String> lines = Files.readAllLines(report.quarantine());
    assertEquals(8, lines.size());
    assertTrue(lines.stream().anyMatch(line -> line.endsWith(",missing")));
  }

  @Test
  void verifyFindsAChangedPixelAndSaysSo() throws IOException {
    pack();
    Path shard = packed.resolve(DatasetFolder.SHARD_FILE);
    byte[] bytes = Files.readAllBytes(shard);
    bytes[ShardFormat.PIXELS_OFFSET + 100] ^= 4;
    Files.write(shard, bytes);
    PackReport report = Packing.run(new PackOptions(packed, packed, true), DecodeProgress.NONE);
    assertFalse(report.good());
    assertEquals(List.of(source.training().images().get(0)), report.damaged());
    assertTrue(report.toText().contains("DAMAGED"), report.toText());
  }

  @Test
  void aPackedSetCannotBePackedAgain() {
    pack();
    assertMessage("packed already",
        () -> Packing.run(new PackOptions(packed, dir.resolve("x"), false), DecodeProgress.NONE));
    assertFalse(Files.exists(dir.resolve("x")));
  }

  @Test
  void aListThatTheShardDoesNotCoverNeedsTheTree() {
    pack();
    assertMessage("does not hold the listed image video999/00001.jpg", () -> DatasetFolder.open(packed)
        .images(List.of("video999/00001.jpg"), dir.resolve("cache"), DecodeProgress.NONE));
  }

  @Test
  void packedInPlaceIsUsedUntilTheTreeChanges() throws IOException {
    Packing.run(new PackOptions(data, data, false), DecodeProgress.NONE);
    assertEquals(62, pixels(source, dir.resolve("cache")).size());
    assertFalse(Files.exists(dir.resolve("cache")));
    Path first = source.imageRoot().resolve(source.training().images().get(0));
    Path second = source.imageRoot().resolve(source.training().images().get(1));
    Files.copy(second, first, StandardCopyOption.REPLACE_EXISTING);
    assertMessage("have changed since it was packed", () -> pixels(source, dir.resolve("cache")));
  }

  @Test
  void badAnnotationsStopItBeforeAnythingIsWritten() throws IOException {
    Path file = data.resolve(DatasetFolder.VALIDATION_FILE);
    Files.writeString(file, Files.readString(file) + "video001/00001.jpg,7\n");
    assertMessage(file + ":54: expected 16 fields", this::pack);
    assertFalse(Files.exists(packed));
  }

  /** One's shard beside the other's lists would be no data set. */
  @Test
  void twoCannotPackIntoOneFolder() throws IOException {
    LockFile other = LockFile.attempt(packed.resolve(DatasetFolder.SHARD_FILE)).orElseThrow();
    try (other) {
      assertMessage(packed + ": another process packs into this folder; wait", this::pack);
    }
    pack();
    assertFalse(Files.exists(packed.resolve("." + DatasetFolder.SHARD_FILE + ".lock")));
  }

  @Test
  void aTreeWithoutListsSaysWhichItLooksFor() throws IOException {
    for (String list : List.of(
        DatasetFolder.TRAINING_FILE, DatasetFolder.VALIDATION_FILE, DatasetFolder.TEST_LIST_FILE)) {
      Files.delete(data.resolve(list));
    }
    assertMessage("at least one of training_set_annotations.txt", this::pack);
  }

  @Test
  void noQuarantineFileWithoutProblems() throws IOException {
    Path clean = dir.resolve("clean");
    Jpegs.write(clean, DatasetFolder.IMAGE_FOLDER + "/v/1.jpg", Jpegs.bytes(32, 32, 1));
    Files.writeString(clean.resolve(DatasetFolder.TEST_LIST_FILE), "v/1.jpg\n");
    PackReport report = Packing.run(new PackOptions(clean, clean, false), DecodeProgress.NONE);
    assertNull(report.quarantine());
    assertFalse(Files.exists(clean.resolve(Packing.QUARANTINE_FILE)));
    assertFalse(report.verified());
  }

  private static void assertMessage(String part, org.junit.jupiter.api.function.Executable call) {
    InputException e = assertThrows(InputException.class, call);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
