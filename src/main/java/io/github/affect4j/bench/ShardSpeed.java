package io.github.affect4j.bench;

import io.github.affect4j.data.EpochOrder;
import io.github.affect4j.data.ImageSource;
import java.nio.ByteBuffer;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Copies images into a small buffer in random order, from the shard and from plain memory. */
final class ShardSpeed {
  private static final int PASSES = 7;
  private static final int MEMORY = 256 << 20; // beyond any cache, below what a Java buffer holds
  private static final double NANO = 1e-9;

  private final ImageSource source;
  private final int imageBytes;
  private final int[] rows;
  private final int[] order;
  private final ByteBuffer memory;
  private final ByteBuffer batch;

  /** The buffer is cleared and overwritten; it holds at least one image. */
  ShardSpeed(ImageSource source, ByteBuffer batch) {
    this.source = source;
    this.batch = batch;
    imageBytes = source.height() * source.width() * 3;
    rows = IntStream.range(0, source.size()).filter(source::usable).limit(MEMORY / imageBytes).toArray();
    order = EpochOrder.shuffle(1, 0, IntStream.range(0, rows.length).toArray());
    memory = ByteBuffer.allocateDirect(rows.length * imageBytes);
    for (int row : rows) {
      source.read(row, memory); // also verifies each image's checksum, which is done once
    }
  }

  /** Bytes a second from the shard. */
  double shard() {
    return best(i -> source.read(rows[i], batch));
  }

  /** Bytes a second from memory. */
  double copy() {
    return best(i -> {
      batch.put(batch.position(), memory, i * imageBytes, imageBytes);
      batch.position(batch.position() + imageBytes);
    });
  }

  private double best(IntConsumer read) {
    double best = 0;
    for (int pass = 0; pass < PASSES; pass++) {
      long begun = System.nanoTime();
      for (int i : order) {
        if (batch.remaining() < imageBytes) {
          batch.clear();
        }
        read.accept(i);
      }
      best = Math.max(best, (double) order.length * imageBytes / ((System.nanoTime() - begun) * NANO));
    }
    return best;
  }
}
