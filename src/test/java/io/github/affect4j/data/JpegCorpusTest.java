package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.BadImage.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * JPEG files of all kinds against the pixels that Pillow decodes, recorded in expected.txt by
 * src/test/python/jpeg_corpus.py; and the same files damaged.
 */
class JpegCorpusTest {
  private static final Path FOLDER = Path.of("src/test/resources/jpeg");

  private final JpegDecoder decoder = new JpegDecoder();

  /** The files that can be decoded, each with its line's fields: SHA-256, width, height. */
  private static Map<String, String[]> expected() throws IOException {
    Map<String, String[]> files = new TreeMap<>();
    for (String line : Files.readAllLines(FOLDER.resolve("expected.txt"))) {
      String[] fields = line.split(" ");
      if (!line.startsWith("#")) {
        files.put(fields[3], fields);
      }
    }
    return files;
  }

  private BadImage refusal(byte[] file) {
    return assertThrows(JpegDecoder.Refusal.class, () -> decoder.decode(file, 0, 0)).of("x.jpg");
  }

  @Test
  void eachKindHasPillowsPixels() throws Exception {
    List<String> different = new ArrayList<>();
    Map<String, String[]> files = expected();
    assertTrue(files.size() > 100, files.size() + " files");
    for (String[] fields : files.values()) {
      try {
        decoder.decode(FOLDER.resolve(fields[3]), Integer.parseInt(fields[2]), Integer.parseInt(fields[1]));
        byte[] digest = ShardFormat.sha256().digest(decoder.pixels());
        if (!HexFormat.of().formatHex(digest).equals(fields[0])) {
          different.add(fields[3]);
        }
      } catch (JpegDecoder.Refusal refusal) {
        different.add(refusal.of(fields[3]).toString());
      }
    }
    assertEquals(List.of(), different, "of " + files.size());
  }

  @Test
  void allFilesAreExpectedOrRefusedInASentence() throws IOException {
    Map<String, String> refused = Map.of(
        "refused_cmyk.jpg", "4 colour channels, expected RGB or grey",
        "refused_ycck.jpg", "4 colour channels, expected RGB or grey",
        "refused_12_bit.jpg", "Unsupported JPEG data precision 12",
        "refused_no_height.jpg", "Empty JPEG image (DNL not supported)",
        "refused_lossless_frame.jpg", "Unsupported JPEG process: SOF type 0xc7",
        "refused_tables_only.jpg", "JPEG datastream contains no image");
    Map<String, String[]> decoded = expected();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".jpg")).toList()) {
        String name = file.getFileName().toString();
        if (!decoded.containsKey(name)) {
          BadImage bad = refusal(Files.readAllBytes(file));
          assertEquals(Kind.CORRUPT, bad.kind(), name);
          assertEquals(refused.get(name), bad.detail(), name);
        }
      }
    }
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    for (String name : expected().keySet()) {
      byte[] whole = Files.readAllBytes(FOLDER.resolve(name));
      if (name.startsWith("trailing") || name.startsWith("phone")) {
        continue; // what can be cut off is no part of the image
      }
      for (int length = 1; length < whole.length; length += 1 + whole.length / 25) {
        assertEquals(Kind.CORRUPT, refusal(Arrays.copyOf(whole, length)).kind(), name + " cut to " + length);
      }
      assertEquals(Kind.CORRUPT, refusal(Arrays.copyOf(whole, whole.length - 1)).kind(), name + " without its end");
    }
  }

  @Test
  void changedBytesNeverDoWorseThanARefusalInOneLine() throws IOException {
    Random random = new Random(4);
    for (String name : expected().keySet()) {
      byte[] whole = Files.readAllBytes(FOLDER.resolve(name));
      for (int trial = 0; trial < 20; trial++) {
        byte[] bytes = whole.clone();
        for (int change = random.nextInt(8); change >= 0; change--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        try {
          decoder.decode(bytes, 0, 0);
        } catch (JpegDecoder.Refusal refusal) {
          assertEquals(1, refusal.of(name).detail().lines().count(), name);
        }
      }
    }
  }

  /** A scan of some bytes costs a pass over the whole image, and a file may repeat it as often as it likes. */
  @Test
  void thousandsOfScansAreRefusedAtOnce() throws Exception {
    decoder.decode(ofScans(90), 1024, 1024);
    byte[] hostile = ofScans(100_000); // 1.2 MB
    assertTimeout(Duration.ofSeconds(10), () -> {
      assertEquals("more than 100 scans, expected an encoder's ten or so", refusal(hostile).detail());
    });
  }

  /** A grey, progressive image of 1024 x 1024 pixels that sends the same empty coefficients again and again. */
  private static byte[] ofScans(int scans) {
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    jpeg.writeBytes(hex("ffd8" + "ffdb004300" + "01".repeat(64))); // quantisation: ones
    jpeg.writeBytes(hex("ffc2000b0804000400" + "01011100")); // frame
    jpeg.writeBytes(hex("ffc4001400" + "01" + "00".repeat(15) + "00")); // one code: a difference of 0
    jpeg.writeBytes(hex("ffc4001410" + "01" + "00".repeat(15) + "e0")); // one code: 2^14 empty blocks or more
    jpeg.writeBytes(hex("ffda0008010100000000" + "00".repeat(2048))); // a bit a block
    for (int i = 1; i < scans; i++) {
      jpeg.writeBytes(hex("ffda0008010100013f00" + "0001"));
    }
    jpeg.writeBytes(hex("ffd9"));
    return jpeg.toByteArray();
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }
}
