package io.github.affect4j.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;

/** JPEG files for tests. */
final class Jpegs {
  private Jpegs() {}

  /** A pattern that depends on the seed. */
  static byte[] bytes(int width, int height, int seed) throws IOException {
    return encode(pattern(width, height, seed, BufferedImage.TYPE_INT_RGB), "jpg");
  }

  static byte[] grey(int width, int height, int seed) throws IOException {
    return encode(pattern(width, height, seed, BufferedImage.TYPE_BYTE_GRAY), "jpg");
  }

  static byte[] png(int width, int height) throws IOException {
    return encode(pattern(width, height, 1, BufferedImage.TYPE_INT_RGB), "png");
  }

  static byte[] truncated(int width, int height, int seed) throws IOException {
    byte[] whole = bytes(width, height, seed);
    return Arrays.copyOf(whole, whole.length * 2 / 3);
  }

  static Path write(Path root, String image, byte[] bytes) throws IOException {
    Path file = root.resolve(image);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  private static BufferedImage pattern(int width, int height, int seed, int type) {
    BufferedImage image = new BufferedImage(width, height, type);
    Graphics2D graphics = image.createGraphics();
    for (int i = 0; i < 12; i++) {
      graphics.setColor(new Color((seed * 7919 + i * 104_729) & 0xFFFFFF));
      graphics.fillOval(i * width / 12, (i * 5 + seed) % height, width / 3, height / 3);
    }
    graphics.dispose();
    return image;
  }

  private static byte[] encode(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, format, bytes);
    return bytes.toByteArray();
  }
}
