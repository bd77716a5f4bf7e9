package io.github.affect4j.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.BadImage;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.ImageSource;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShardSpeedTest {
  /** All 2048 of 600 x 600 pixels, 2.2 GB, are more than a buffer of Java holds. */
  @Test
  void manyLargeImagesAreMeasuredByTheFirstOfThem() {
    LargeImages source = new LargeImages();
    ShardSpeed speed = new ShardSpeed(source, ByteBuffer.allocateDirect(source.imageBytes()));
    assertTrue(speed.shard() > 0 && speed.copy() > 0);
    assertTrue((source.lastRead + 1L) * source.imageBytes() <= 256L << 20, source.lastRead + " was read");
  }

  /** Images whose reading only moves the buffer. */
  private static final class LargeImages implements ImageSource {
    private int lastRead;

    int imageBytes() {
      return height() * width() * 3;
    }

    @Override
    public int size() {
      return 2048;
    }

    @Override
    public int height() {
      return 600;
    }

    @Override
    public int width() {
      return 600;
    }

    @Override
    public boolean read(int row, ByteBuffer destination) {
      lastRead = Math.max(lastRead, row);
      destination.position(destination.position() + imageBytes());
      return true;
    }

    @Override
    public List<ByteBuffer> stored() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void verify(DecodeProgress progress) {}

    @Override
    public int slot(int row) {
      return row;
    }

    @Override
    public int checksum(int row) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean usable(int row) {
      return true;
    }

    @Override
    public List<BadImage> problems() {
      return List.of();
    }

    @Override
    public void close() {}
  }
}
