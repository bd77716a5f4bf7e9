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

  /** False if the row's image is missing or corrupt. Constant in time, reads no pixel. */
  boolean usable(int row);

  /** The unusable images, each once however many rows name it, in row order. */
  List<BadImage> problems();

  @Override
  void close();
}
