package io.github.affect4j.train;

import io.github.affect4j.data.Augmentation;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Model;
import io.github.affect4j.fusion.RawPredictions;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.Task;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Runs a model over whole images, batch by batch. */
public final class Predictor {
  private final Model model;
  private final int batchSize;
  private final BooleanSupplier stop;

  /**
   * @param batchSize images a native call; predictions do not depend on it
   * @param stop asked before each batch
   */
  public Predictor(Model model, int batchSize, BooleanSupplier stop) {
    this.model = model;
    this.batchSize = batchSize;
    this.stop = stop;
  }

  /**
   * Logits of all rows in order. A missing or corrupt image gets the prediction of its substitute:
   * the closest usable frame of the same video, else a mid-grey image.
   *
   * @param images names of the source's rows
   * @throws CancellationException if {@code stop} said so
   * @throws io.github.affect4j.io.InputException if a logit is not finite
   */
  public RawPredictions predict(ImageSource source, List<String> images, String what, Progress progress) {
    float[] logits = logits(source, Substitutes.of(source, images), what, progress);
    return new RawPredictions(images, model.spec().tasks(), logits);
  }

  /** Logits of rows, which may be none: [rows][{@link Task#ALL_OUTPUTS}]. */
  float[] logits(ImageSource source, int[] rows, String what, Progress progress) {
    if (rows.length == 0) {
      return new float[0];
    }
    float[] logits = new float[rows.length * Task.ALL_OUTPUTS];
    progress.begin(what, rows.length, "img", () -> "");
    try (Batch batch = new Batch(Math.min(batchSize, rows.length), source.height(), source.width())) {
      for (int begin = 0; begin < rows.length; begin += batchSize) {
        if (stop.getAsBoolean()) {
          throw new CancellationException("prediction was interrupted");
        }
        int end = Math.min(begin + batchSize, rows.length);
        fill(batch, source, rows, begin, end);
        model.predict(batch);
        batch.logits().get(0, logits, begin * Task.ALL_OUTPUTS, (end - begin) * Task.ALL_OUTPUTS);
        progress.advance(end);
      }
    } finally {
      progress.end();
    }
    return logits;
  }

  /** Native calls for so many rows. */
  int batches(int rows) {
    return (rows + batchSize - 1) / batchSize;
  }

  private static void fill(Batch batch, ImageSource source, int[] rows, int begin, int end) {
    batch.images().clear();
    batch.crops().clear();
    for (int i = begin; i < end; i++) {
      source.read(rows[i], batch.images());
      Augmentation.wholeImage(source.height(), source.width(), batch.crops());
    }
    batch.rows(end - begin);
  }
}
