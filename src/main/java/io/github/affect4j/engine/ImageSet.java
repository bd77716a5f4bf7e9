package io.github.affect4j.engine;

import io.github.affect4j.engine.internal.Handle;
import io.github.affect4j.engine.internal.Native;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The decoded images of a data set, kept where a model computes, so that a {@link Batch} names its
 * rows' images instead of carrying them: in a GPU's memory, or, for the CPU, where they are already.
 * Used by one thread at a time.
 */
public final class ImageSet implements AutoCloseable {
  private final Handle handle;
  private final int height;
  private final int width;
  // The CPU reads from them until the set is closed.
  private final List<ByteBuffer> blocks = new ArrayList<>();

  /**
   * An empty set for any model on this one's device. On a GPU it takes the memory at once.
   *
   * @param capacity most images it will have, 1..2^30
   * @param height of all images, 32..1024 pixels
   * @param width of all images, 32..1024 pixels
   * @param batch images of a training step for which a GPU must have memory beside the set, at least 1
   * @throws EngineException of kind OUT_OF_MEMORY, with the sizes, if they do not fit
   */
  public ImageSet(Model model, long capacity, int height, int width, int batch) {
    this.handle = Native.newImages(model.handle(), capacity, height, width, batch);
    this.height = height;
    this.width = width;
  }

  /** Of all its images, 32..1024 pixels. */
  public int height() {
    return height;
  }

  /** Of all its images, 32..1024 pixels. */
  public int width() {
    return width;
  }

  /**
   * Adds images: copies them to the GPU, or borrows them for the CPU. An image's index counts from 0 in
   * the order of all calls.
   *
   * @param block a direct buffer whose remaining content, which must not change while the set is open,
   *     is whole images, uint8 [n][height][width][3] in RGB order; its position stays
   */
  public void append(ByteBuffer block) {
    Native.appendImages(handle, block, height * width * 3);
    blocks.add(block);
  }

  Handle handle() {
    return handle;
  }

  /** Frees the memory. Refused with an IllegalStateException while a {@link Batch} uses it. */
  @Override
  public void close() {
    handle.close();
  }
}
