package io.github.affect4j.data;

import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/** The images of a list of rows, read from a packed shard that holds them all. */
final class ShardImages implements ImageSource {
  private static final byte MID_GREY = (byte) 128;

  private final PackedShard shard;
  private final int[] slots;
  private final ByteBuffer grey;
  private volatile boolean closed;

  ShardImages(PackedShard shard, List<String> images) {
    this.shard = shard;
    slots = images.stream().mapToInt(shard::slot).toArray();
    grey = ByteBuffer.allocateDirect(shard.imageBytes());
    while (grey.hasRemaining()) {
      grey.put(MID_GREY);
    }
  }

  @Override
  public int size() {
    return slots.length;
  }

  @Override
  public int height() {
    return shard.height();
  }

  @Override
  public int width() {
    return shard.width();
  }

  @Override
  public boolean read(int row, ByteBuffer destination) {
    if (closed) {
      throw new IllegalStateException("the images are closed");
    }
    if (usable(row)) {
      shard.read(slots[row], destination);
      return true;
    }
    int bytes = shard.imageBytes();
    destination.put(destination.position(), grey, 0, bytes);
    destination.position(destination.position() + bytes);
    return false;
  }

  @Override
  public List<ByteBuffer> stored() {
    return shard.blocks();
  }

  @Override
  public void verify(DecodeProgress progress) {
    int[] wanted = IntStream.range(0, size()).filter(this::usable).map(row -> slots[row]).distinct().toArray();
    shard.verify(wanted, progress);
  }

  @Override
  public int slot(int row) {
    return slots[row];
  }

  @Override
  public int checksum(int row) {
    return shard.checksum(slots[row]);
  }

  @Override
  public boolean usable(int row) {
    return shard.problem(slots[row]) == null;
  }

  @Override
  public List<BadImage> problems() {
    Set<BadImage> problems = new LinkedHashSet<>();
    for (int slot : slots) {
      problems.add(shard.problem(slot));
    }
    return problems.stream().filter(Objects::nonNull).toList();
  }

  @Override
  public void close() {
    closed = true;
  }
}
