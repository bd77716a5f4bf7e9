package io.github.affect4j.benchmarks;

import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.internal.Native;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Crop, resize, flip and normalisation of a batch in one pass, as each training step does it. */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class AugmentBatch extends Averaged {
  private static final float RED_MEAN = 0.485f;
  private static final float RED_DEVIATION = 0.229f;

  @Param({"64"})
  int batch;

  private byte[] images;
  private float[] whole;
  private float[] random;
  private float[] out;

  @Setup
  public void setUp() {
    try (Batch plain = NoiseBatch.wholeImages(batch); Batch cropped = NoiseBatch.randomCrops(batch)) {
      images = new byte[plain.images().capacity()];
      plain.images().get(0, images);
      whole = new float[plain.crops().capacity()];
      plain.crops().get(0, whole);
      random = new float[whole.length];
      cropped.crops().get(0, random);
    }
    out = new float[images.length];
    wholeImages();
    Require.close(((images[0] & 0xff) / 255f - RED_MEAN) / RED_DEVIATION, out[0], 1e-5, "the first red value");
  }

  @Benchmark
  public float[] wholeImages() {
    return augment(whole);
  }

  @Benchmark
  public float[] randomResizedCrops() {
    return augment(random);
  }

  private float[] augment(float[] crops) {
    Native.augment(batch, NoiseBatch.SIZE, NoiseBatch.SIZE, images, crops, out);
    return out;
  }
}
