package io.github.affect4j.benchmarks;

import io.github.affect4j.data.Augmentation;
import io.github.affect4j.data.CropRange;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;

/** Fills batches with noise images and a label for every task. */
final class NoiseBatch {
  static final int SIZE = 112;
  private static final long SEED = 1;

  private NoiseBatch() {}

  /** A batch whose rows all differ and show their whole images. */
  static Batch wholeImages(int rows) {
    Batch batch = new Batch(rows, SIZE, SIZE);
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < batch.images().capacity(); i++) {
      batch.images().put(i, (byte) random.nextInt(256));
    }
    FloatBuffer crops = batch.crops().clear();
    for (int row = 0; row < rows; row++) {
      Augmentation.wholeImage(SIZE, SIZE, crops);
      label(batch, row, random);
    }
    return batch;
  }

  /** The same with the paper's random crops and flips. */
  static Batch randomCrops(int rows) {
    Batch batch = wholeImages(rows);
    FloatBuffer crops = batch.crops().clear();
    for (int row = 0; row < rows; row++) {
      Augmentation.randomResizedCrop(SEED, 0, row, SIZE, SIZE, CropRange.DEFAULT, crops);
    }
    return batch;
  }

  private static void label(Batch batch, int row, SplittableRandom random) {
    batch.valenceArousal().put(2 * row, (float) random.nextDouble(-1, 1));
    batch.valenceArousal().put(2 * row + 1, (float) random.nextDouble(-1, 1));
    batch.expressions().put(row, (byte) random.nextInt(Expression.COUNT));
    for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
      batch.actionUnits().put(ActionUnit.COUNT * row + unit, (byte) random.nextInt(2));
    }
  }
}
