package io.github.affect4j.data;

import io.github.affect4j.data.BadImage.Kind;
import io.github.affect4j.engine.EngineException;
import io.github.affect4j.engine.JpegFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Decodes one JPEG file after the other, to the pixels that Pillow gives, and refuses those that are truncated, damaged
 * or of the wrong size. Belongs to one thread.
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

  private byte[] pixels = new byte[0];
  private int height;
  private int width;

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
    decode(read(file), wantedHeight, wantedWidth);
  }

  /** The same of a file's content. */
  void decode(byte[] file, int wantedHeight, int wantedWidth) throws Refusal {
    try {
      JpegFile jpeg = new JpegFile(file);
      height = jpeg.height();
      width = jpeg.width();
      checkSize(wantedHeight, wantedWidth);
      if (pixels.length != height * width * 3) {
        pixels = new byte[height * width * 3];
      }
      jpeg.decode(pixels);
    } catch (EngineException e) {
      if (e.kind() != EngineException.Kind.INVALID_ARGUMENT) {
        throw e; // says nothing about the file
      }
      throw new Refusal(Kind.CORRUPT, firstLine(e));
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

  private static String firstLine(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("unreadable");
  }
}
