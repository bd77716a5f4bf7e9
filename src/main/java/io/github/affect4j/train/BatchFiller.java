package io.github.affect4j.train;

import io.github.affect4j.data.Augmentation;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** Copies rows of a data set into a batch: images, random crops, labels. Allocates nothing. */
public final class BatchFiller {
  private static final int CROP_FLIP = 4;
  private static final int CROP_FLOATS = 5;

  private final LabelSet labels;
  private final ImageSource images;
  private final Hyperparameters hyperparameters;

  /** Of these rows, with the crops that the hyper-parameters ask for. */
  public BatchFiller(LabelSet labels, ImageSource images, Hyperparameters hyperparameters) {
    this.labels = labels;
    this.images = images;
    this.hyperparameters = hyperparameters;
  }

  /** Fills the batch with rows {@code order[begin..end)} as epoch {@code epoch} sees them. */
  public void fill(Batch batch, int epoch, int[] order, int begin, int end) {
    ByteBuffer pixels = batch.images().clear();
    FloatBuffer crops = batch.crops().clear();
    for (int i = begin; i < end; i++) {
      images.read(order[i], pixels);
      crop(crops, epoch, order[i]);
      label(batch, i - begin, order[i]);
    }
    batch.rows(end - begin);
  }

  private void crop(FloatBuffer crops, int epoch, int row) {
    Augmentation.randomResizedCrop(
        hyperparameters.seed(), epoch, row, images.height(), images.width(), hyperparameters.crop(), crops);
    if (!hyperparameters.flip()) {
      crops.put(crops.position() - CROP_FLOATS + CROP_FLIP, 0);
    }
  }

  private void label(Batch batch, int index, int row) {
    batch.valenceArousal().put(2 * index, (float) labels.valence()[row]);
    batch.valenceArousal().put(2 * index + 1, (float) labels.arousal()[row]);
    batch.expressions().put(index, labels.expression()[row]);
    batch.actionUnits()
        .put(index * ActionUnit.COUNT, labels.actionUnits(), row * ActionUnit.COUNT, ActionUnit.COUNT);
  }
}
