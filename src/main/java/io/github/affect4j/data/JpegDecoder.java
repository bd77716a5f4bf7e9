package io.github.affect4j.data;

import io.github.affect4j.data.BadImage.Kind;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes one JPEG after the other with the JDK's libjpeg, and refuses what libjpeg only warns
 * about: truncated and damaged entropy-coded data. Belongs to one thread.
 *
 * <p>Pixels equal Pillow's bit for bit. docs/decisions/0005-jpeg-decoder.md says why not libjpeg-turbo.
 */
final class JpegDecoder {
  private static final long LARGEST_FILE = 64L << 20;
  private static final int SMALLEST_SIDE = 32;
  private static final int LARGEST_SIDE = 1024;

  /** Why a file could not be decoded. */
  static final class Refusal extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Kind kind;

    Refusal(Kind kind, String detail) {
      super(detail, null, false, false); // costs no stack trace: a refusal is a result
      this.kind = kind;
    }

    BadImage of(String image) {
      return new BadImage(image, kind, getMessage());
    }
  }

  private final ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
  private String warning;
  private byte[] pixels = new byte[0];
  private int height;
  private int width;

  JpegDecoder() {
    reader.addIIOReadWarningListener((source, message) -> warning = message);
  }

  /** Height of the last image decoded. */
  int height() {
    return height;
  }

  /** Width of the last image decoded. */
  int width() {
    return width;
  }

  /** Pixels of the last image, uint8 [height][width][3] in RGB order; reused by the next call. */
  byte[] pixels() {
    return pixels;
  }

  /** Decodes an image of any size the engine can take. */
  void decode(Path file) throws Refusal {
    decode(file, 0, 0);
  }

  /** Decodes an image that must have this size; 0 x 0 accepts any from 32 to 1024 a side. */
  void decode(Path file, int wantedHeight, int wantedWidth) throws Refusal {
    byte[] bytes = read(file);
    warning = null;
    try {
      reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes)), true, true);
      width = reader.getWidth(0);
      height = reader.getHeight(0);
      checkSize(wantedHeight, wantedWidth);
      copyPixels(reader.read(0));
    } catch (IOException | RuntimeException e) { // damaged headers surface as either
      throw new Refusal(Kind.CORRUPT, firstLine(e));
    } finally {
      reader.setInput(null);
    }
    if (warning != null) {
      throw new Refusal(Kind.CORRUPT, warning);
    }
  }

  private static byte[] read(Path file) throws Refusal {
    try {
      long size = Files.size(file);
      if (size == 0 || size > LARGEST_FILE) {
        throw new Refusal(Kind.CORRUPT, "a file of " + size + " bytes");
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new Refusal(Kind.MISSING, "");
    } catch (IOException e) {
      throw new Refusal(Kind.CORRUPT, "cannot be read (" + firstLine(e) + ")");
    }
  }

  /** Looks at the header only, so that a huge image is refused before its pixels take memory. */
  private void checkSize(int wantedHeight, int wantedWidth) throws Refusal {
    if (wantedHeight == 0) {
      if (Math.min(height, width) < SMALLEST_SIDE || Math.max(height, width) > LARGEST_SIDE) {
        throw new Refusal(Kind.WRONG_SIZE, size(height, width) + ", expected 32 to 1024 pixels a side");
      }
    } else if (height != wantedHeight || width != wantedWidth) {
      throw new Refusal(Kind.WRONG_SIZE, size(height, width) + ", expected " + size(wantedHeight, wantedWidth));
    }
  }

  private static String size(int height, int width) {
    return width + " x " + height;
  }

  private void copyPixels(BufferedImage image) throws Refusal {
    Raster raster = image.getRaster();
    if (pixels.length != height * width * 3) {
      pixels = new byte[height * width * 3];
    }
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR) {
      copyReversed(((DataBufferByte) raster.getDataBuffer()).getData());
    } else {
      copyBands(raster);
    }
  }

  private void copyReversed(byte[] bgr) {
    for (int i = 0; i < pixels.length; i += 3) {
      pixels[i] = bgr[i + 2];
      pixels[i + 1] = bgr[i + 1];
      pixels[i + 2] = bgr[i];
    }
  }

  /** Any other layout; a grey image is repeated over the three channels. */
  private void copyBands(Raster raster) throws Refusal {
    int bands = raster.getNumBands();
    if (bands != 1 && bands != 3) {
      throw new Refusal(Kind.CORRUPT, bands + " colour channels, expected RGB or grey");
    }
    int[] samples = raster.getPixels(0, 0, width, height, (int[]) null);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) samples[bands == 1 ? i / 3 : i];
    }
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("unreadable");
  }
}
