package io.github.affect4j.data;

import java.nio.ByteBuffer;
import java.util.List;

/** Decoded face images of a list of rows, addressed by row. Safe for use by several threads. */
public interface ImageSource extends AutoCloseable {
  /** Number of rows; two rows may name the same image. */
  int size();

  /** Pixels, the same for all images. */
  int height();

  /** Pixels, the same for all images. */
  int width();

  /**
   * Copies a row's image, uint8 [height][width][3] in RGB order, to the destination's position and
   * advances it.
   *
   * @return false if the image is missing or corrupt: the destination is then filled with mid-grey
   */
  boolean read(int row, ByteBuffer destination);

  /**
   * The images as they are stored: direct, read-only buffers of whole images in the order of {@link
   * #slot}, valid as long as they are referenced. {@link #verify} says whether they are intact.
   */
  List<ByteBuffer> stored();

  /**
   * Reads the images of all usable rows, on all cores, and checks them.
   *
   * @throws io.github.affect4j.io.InputException if one is damaged
   */
  void verify(DecodeProgress progress);

  /** A usable row's place among the stored images, from 0; rows with the same image share it. */
  int slot(int row);

  /** CRC-32C of a row's pixels, 0 if they cannot be used. Constant in time, reads no pixel. */
  int checksum(int row);

  /** False if the row's image is missing or corrupt. Constant in time, reads no pixel. */
  boolean usable(int row);

  /** The unusable images, each once however many rows name it, in row order. */
  List<BadImage> problems();

  @Override
  void close();
}
