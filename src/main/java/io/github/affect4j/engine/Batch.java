package io.github.affect4j.engine;

import io.github.affect4j.engine.internal.Handle;
import io.github.affect4j.engine.internal.Native;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * Native host buffers of one batch, allocated once and filled again and again through direct
 * buffers. Its rows have images of their own, or name images of an {@link ImageSet} by index. Rows
 * beyond {@link #rows()} are ignored. Used by one thread at a time; the buffers must not be touched
 * after {@link #close()}.
 */
public final class Batch implements AutoCloseable {
  /** Rows of the largest batch. */
  public static final int MAX_CAPACITY = 65535;

  private final Handle handle;
  private final int capacity;
  private final int height;
  private final int width;
  private final ByteBuffer images;
  private final LongBuffer indices;
  private final FloatBuffer crops;
  private final FloatBuffer va;
  private final ByteBuffer expressions;
  private final ByteBuffer actionUnits;
  private final FloatBuffer logits;
  private int rows;

  /** Buffers for up to {@code capacity} RGB images of height x width pixels, each 32..1024. */
  public Batch(int capacity, int height, int width) {
    this(Native.newBatch(capacity, height, width), capacity, height, width, false);
  }

  /** Buffers for up to {@code capacity} rows of a set, which must be closed after the batch. */
  public Batch(ImageSet set, int capacity) {
    this(Native.newBatch(set.handle(), capacity), capacity, set.height(), set.width(), true);
  }

  private Batch(Handle handle, int capacity, int height, int width, boolean ofSet) {
    this.handle = handle;
    this.capacity = capacity;
    this.height = height;
    this.width = width;
    this.rows = capacity;
    images = ofSet ? null : Native.buffer(handle, Native.IMAGES);
    indices = ofSet ? Native.buffer(handle, Native.INDICES).asLongBuffer() : null;
    crops = Native.buffer(handle, Native.CROPS).asFloatBuffer();
    va = Native.buffer(handle, Native.VA).asFloatBuffer();
    expressions = Native.buffer(handle, Native.EXPRESSION);
    actionUnits = Native.buffer(handle, Native.ACTION_UNITS);
    logits = Native.buffer(handle, Native.LOGITS).asFloatBuffer();
  }

  /** Rows that fit. */
  public int capacity() {
    return capacity;
  }

  /** Of its images, 32..1024 pixels. */
  public int height() {
    return height;
  }

  /** Of its images, 32..1024 pixels. */
  public int width() {
    return width;
  }

  /** Rows in use. */
  public int rows() {
    return rows;
  }

  /** Sets the rows in use, 1..capacity. */
  public void rows(int rows) {
    if (rows < 1 || rows > capacity) {
      throw new IllegalArgumentException("rows must be 1.." + capacity + ", not " + rows);
    }
    this.rows = rows;
  }

  /** True if rows name images of a set; {@link #indices()} then takes the place of {@link #images()}. */
  public boolean isOfSet() {
    return indices != null;
  }

  /** int64 [capacity], indices of images in the set; null for a batch with images of its own. */
  public LongBuffer indices() {
    return indices;
  }

  /** uint8 [capacity][height][width][3], RGB; null for a batch of a set. */
  public ByteBuffer images() {
    return images;
  }

  /** float [capacity][5]: top, left, height, width in pixels, flip as 0 or 1. */
  public FloatBuffer crops() {
    return crops;
  }

  /** float [capacity][2]: valence, arousal; -5 if not labelled. */
  public FloatBuffer valenceArousal() {
    return va;
  }

  /** int8 [capacity]: class 0..7, -1 if not labelled. */
  public ByteBuffer expressions() {
    return expressions;
  }

  /** int8 [capacity][12]: 0 or 1, -1 if not labelled. */
  public ByteBuffer actionUnits() {
    return actionUnits;
  }

  /** float [capacity][22], written by {@link Model#predict}; NaN where the model has no head. */
  public FloatBuffer logits() {
    return logits;
  }

  Handle handle() {
    return handle;
  }

  @Override
  public void close() {
    handle.close();
  }
}
