package io.github.affect4j.engine;

import io.github.affect4j.engine.internal.Handle;
import io.github.affect4j.engine.internal.Native;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * Native host buffers of one batch, allocated once and filled again and again through direct
 * buffers. Rows beyond {@link #rows()} are ignored. Used by one thread at a time; the buffers must
 * not be touched after {@link #close()}.
 */
public final class Batch implements AutoCloseable {
  private final Handle handle;
  private final int capacity;
  private final int height;
  private final int width;
  private final ByteBuffer images;
  private final FloatBuffer crops;
  private final FloatBuffer va;
  private final ByteBuffer expressions;
  private final ByteBuffer actionUnits;
  private final FloatBuffer logits;
  private int rows;

  /** Buffers for up to {@code capacity} RGB images of height x width pixels. */
  public Batch(int capacity, int height, int width) {
    this.handle = Native.newBatch(capacity, height, width);
    this.capacity = capacity;
    this.height = height;
    this.width = width;
    this.rows = capacity;
    images = Native.buffer(handle, Native.IMAGES);
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

  public int height() {
    return height;
  }

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

  /** uint8 [capacity][height][width][3], RGB. */
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
