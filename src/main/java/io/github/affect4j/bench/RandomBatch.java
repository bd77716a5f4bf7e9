package io.github.affect4j.bench;

import io.github.affect4j.data.Augmentation;
import io.github.affect4j.data.CropRange;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.task.Expression;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/** Fills a batch with noise images, random crops and a label for every task: work of the usual kind. */
final class RandomBatch {
  private static final long SEED = 1;

  private RandomBatch() {}

  /** All rows; whole images for inference, the paper's random crops for training. */
  static void fill(Batch batch, BenchMode mode) {
    SplittableRandom random = new SplittableRandom(SEED);
    fillBytes(batch.images(), random, 256);
    fillBytes(batch.expressions(), random, Expression.COUNT);
    fillBytes(batch.actionUnits(), random, 2);
    for (int i = 0; i < batch.valenceArousal().capacity(); i++) {
      batch.valenceArousal().put(i, (float) random.nextDouble(-1, 1));
    }
    batch.crops().clear();
    for (int row = 0; row < batch.capacity(); row++) {
      if (mode == BenchMode.TRAIN) {
        Augmentation.randomResizedCrop(
            SEED, 0, row, batch.height(), batch.width(), CropRange.DEFAULT, batch.crops());
      } else {
        Augmentation.wholeImage(batch.height(), batch.width(), batch.crops());
      }
    }
  }

  private static void fillBytes(ByteBuffer buffer, SplittableRandom random, int bound) {
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, (byte) random.nextInt(bound));
    }
  }
}
