package io.github.affect4j.engine;

import io.github.affect4j.engine.internal.Native;

/**
 * A JPEG file in memory, decoded by libjpeg-turbo to the pixels that Pillow and torchvision give: colour profiles and
 * orientation are ignored. May be used by several threads.
 */
public final class JpegFile {
  private final byte[] bytes;
  private final int height;
  private final int width;

  /**
   * Reads the header; pixels take no memory yet.
   *
   * @param bytes the whole file; not copied
   * @throws EngineException of kind INVALID_ARGUMENT if it is no JPEG, damaged, or neither grey nor of three channels
   */
  public JpegFile(byte[] bytes) {
    int[] size = Native.jpegSize(bytes);
    this.bytes = bytes;
    height = size[0];
    width = size[1];
  }

  /** Pixels, 1 or more. */
  public int height() {
    return height;
  }

  /** Pixels, 1 or more. */
  public int width() {
    return width;
  }

  /**
   * Decodes an image of 32..1024 pixels a side, in at most about a second.
   *
   * @param pixels filled: uint8 [height][width][3] in RGB order; grey is repeated over the three
   * @throws EngineException of kind INVALID_ARGUMENT if it is truncated, damaged or of another size, or has more scans
   *     than an encoder makes; the pixels are then undefined
   */
  public void decode(byte[] pixels) {
    Native.decodeJpeg(bytes, height, width, pixels);
  }
}
