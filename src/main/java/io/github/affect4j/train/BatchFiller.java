package io.github.affect4j.train;

import io.github.affect4j.data.Augmentation;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import java.nio.FloatBuffer;

/** Puts rows of a data set into a batch: images or their indices, random crops, labels. Allocates nothing. */
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
    if (batch.isOfSet()) {
      batch.indices().clear();
    } else {
      batch.images().clear();
    }
    FloatBuffer crops = batch.crops().clear();
    for (int i = begin; i < end; i++) {
      image(batch, order[i]);
      crop(crops, epoch, order[i]);
      label(batch, i - begin, order[i]);
    }
    batch.rows(end - begin);
  }

  private void image(Batch batch, int row) {
    if (batch.isOfSet()) {
      batch.indices().put(images.slot(row));
    } else {
      images.read(row, batch.images());
    }
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
