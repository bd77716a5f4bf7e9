package io.github.affect4j.benchmarks;

import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.EpochOrder;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.engine.Batch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Filling a batch's images from the packed shard in random order, beside a plain copy of as many bytes. */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchLoad extends Averaged {
  private static final int IMAGES = 2000; // 75 MB: more than the caches of most machines

  @Param({"64"})
  int batch;

  private Path folder;
  private ImageSource source;
  private Batch rows;
  private int[] order;
  private ByteBuffer memory;
  private int position;

  @Setup
  public void setUp() throws IOException {
    folder = Files.createTempDirectory("affect4j-benchmark");
    SyntheticOptions options = new SyntheticOptions(IMAGES, 50, 0, NoiseBatch.SIZE, 1);
    DatasetFolder data = SyntheticFaces.generate(folder.resolve("data"), options, DecodeProgress.NONE);
    source = data.images(data.training().images(), folder.resolve("cache"), DecodeProgress.NONE);
    rows = new Batch(batch, source.height(), source.width());
    order = EpochOrder.shuffle(1, 0, IntStream.range(0, source.size()).toArray());
    memory = ByteBuffer.allocateDirect(source.size() * imageBytes());
    for (int row = 0; row < source.size(); row++) {
      source.read(row, memory); // also verifies each image's checksum, which is done once
    }
    requireTheImagesOfTheRows();
  }

  private void requireTheImagesOfTheRows() {
    shardToBatch();
    ByteBuffer first = memory.slice(order[0] * imageBytes(), imageBytes());
    Require.that(rows.images().slice(0, imageBytes()).equals(first), "the first image of the batch");
    position = 0;
  }

  private int imageBytes() {
    return source.height() * source.width() * 3;
  }

  @Benchmark
  public ByteBuffer shardToBatch() {
    ByteBuffer images = rows.images().clear();
    for (int i = 0; i < batch; i++) {
      source.read(next(), images);
    }
    return images;
  }

  /** The roof: the same bytes from memory, without any check. */
  @Benchmark
  public ByteBuffer memoryToBatch() {
    ByteBuffer images = rows.images().clear();
    for (int i = 0; i < batch; i++) {
      images.put(images.position(), memory, next() * imageBytes(), imageBytes());
      images.position(images.position() + imageBytes());
    }
    return images;
  }

  private int next() {
    position = position == order.length ? 0 : position;
    return order[position++];
  }

  @TearDown
  public void tearDown() throws IOException {
    source.close();
    rows.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
