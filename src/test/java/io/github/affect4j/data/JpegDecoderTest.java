package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.BadImage.Kind;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JpegDecoderTest {
  @TempDir Path dir;
  private final JpegDecoder decoder = new JpegDecoder();

  private Path file(byte[] bytes) throws IOException {
    return Files.write(dir.resolve("x.jpg"), bytes);
  }

  private BadImage refused(byte[] bytes) throws IOException {
    Path file = file(bytes);
    return assertThrows(JpegDecoder.Refusal.class, () -> decoder.decode(file, 48, 64)).of("x.jpg");
  }

  @Test
  void givesRedGreenBlueRowByRow() throws Exception {
    byte[] jpeg = Jpegs.bytes(64, 48, 3);
    decoder.decode(file(jpeg), 48, 64);
    BufferedImage expected = ImageIO.read(new ByteArrayInputStream(jpeg));
    byte[] pixels = decoder.pixels();
    for (int i = 0; i < 48 * 64; i++) {
      int rgb = expected.getRGB(i % 64, i / 64) & 0xFFFFFF;
      assertEquals(rgb, (pixels[3 * i] & 255) << 16 | (pixels[3 * i + 1] & 255) << 8 | pixels[3 * i + 2] & 255);
    }
  }

  @Test
  void repeatsGreyOverTheChannels() throws Exception {
    decoder.decode(file(Jpegs.grey(64, 48, 3)), 48, 64);
    byte[] pixels = decoder.pixels();
    assertEquals(48 * 64 * 3, pixels.length);
    for (int i = 0; i < pixels.length; i += 3) {
      assertTrue(pixels[i] == pixels[i + 1] && pixels[i] == pixels[i + 2]);
    }
    assertTrue(Arrays.hashCode(pixels) != Arrays.hashCode(new byte[pixels.length]));
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] jpeg = Jpegs.bytes(64, 48, 3);
    for (int length = 1; length < jpeg.length; length += 17) {
      assertEquals(Kind.CORRUPT, refused(Arrays.copyOf(jpeg, length)).kind(), "length " + length);
    }
    assertEquals(Kind.CORRUPT, refused(Arrays.copyOf(jpeg, jpeg.length - 2)).kind(), "no end marker");
  }

  @Test
  void refusesWhatIsNoJpeg() throws IOException {
    assertEquals(Kind.CORRUPT, refused(Jpegs.png(64, 48)).kind());
    assertEquals(Kind.CORRUPT, refused("<html>404</html>".getBytes()).kind());
    assertEquals("a file of 0 bytes", refused(new byte[0]).detail());
    Path folder = Files.createDirectory(dir.resolve("folder.jpg"));
    assertEquals(Kind.CORRUPT, assertThrows(JpegDecoder.Refusal.class, () -> decoder.decode(folder)).of("").kind());
    Path absent = dir.resolve("absent.jpg");
    assertEquals(Kind.MISSING, assertThrows(JpegDecoder.Refusal.class, () -> decoder.decode(absent)).of("").kind());
  }

  @Test
  void refusesAnotherSizeBeforeDecoding() throws IOException {
    BadImage bad = refused(Jpegs.bytes(48, 64, 3));
    assertEquals("wrong size: 48 x 64, expected 64 x 48", bad.reason());
    byte[] bomb = Jpegs.bytes(64, 48, 3);
    int frame = indexOfFrameHeader(bomb);
    Arrays.fill(bomb, frame + 5, frame + 9, (byte) 0xFE); // 65278 a side: 12 GB of pixels
    assertEquals(Kind.WRONG_SIZE, refused(bomb).kind());
  }

  private static int indexOfFrameHeader(byte[] jpeg) {
    for (int i = 0; i + 1 < jpeg.length; i++) {
      if ((jpeg[i] & 255) == 0xFF && (jpeg[i + 1] & 255) == 0xC0) {
        return i;
      }
    }
    throw new AssertionError("no frame header");
  }

  @Test
  void survivesHostileBytesAndStillDecodesAfterwards() throws Exception {
    byte[] good = Jpegs.bytes(64, 48, 3);
    Random random = new Random(1);
    int refusals = 0;
    for (int i = 0; i < 1500; i++) {
      byte[] bytes = good.clone();
      for (int change = random.nextInt(12); change >= 0; change--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Path file = file(bytes);
      try {
        decoder.decode(file, 48, 64);
      } catch (JpegDecoder.Refusal refusal) {
        refusals++;
        assertEquals(1, refusal.of("x").reason().lines().count());
      }
    }
    assertTrue(refusals > 1000, "only " + refusals + " of 1500 refused");
    decoder.decode(file(good), 48, 64);
  }
}
