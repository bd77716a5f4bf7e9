package io.github.affect4j.bench;

import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Runtime;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.engine.TrainerOptions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.train.BatchFeed;
import io.github.affect4j.train.BatchFiller;
import io.github.affect4j.train.Hyperparameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Does the input hold the training step back? Decodes images of a data set, reads them back, and lets steps
 * whose batches a feed fills, as in training, take turns with steps on one batch that stays as it is.
 */
public final class InputBench {
  private static final int IMAGES = 2048;
  private static final int TURN = 5; // measured steps in a row; a first one is not counted
  private static final int WARMUP = 2;
  private static final float LEARNING_RATE = 5e-5f;
  private static final long SEED = 1;
  private static final double NANO = 1e-9;
  private static final double GIGA = 1e9;

  private final InputOptions options;
  private final Progress progress;
  private final Hyperparameters hyperparameters;
  private final double[] onResident;
  private final double[] onData;
  private Double decodedImagesPerSecond;

  private InputBench(InputOptions options, Progress progress) {
    this.options = options;
    this.progress = progress;
    hyperparameters = Hyperparameters.paper().withBatch(options.batch());
    onResident = new double[options.steps()];
    onData = new double[options.steps()];
  }

  /**
   * Runs in this thread; leaves nothing behind.
   *
   * @throws InputException if the data set cannot be read or is smaller than two batches
   */
  public static InputReport run(InputOptions options, Progress progress) throws IOException {
    Runtime.threads(options.threads());
    Path cache = Files.createTempDirectory("affect4j-input");
    try {
      return new InputBench(options, progress).measure(cache);
    } finally {
      delete(cache);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private InputReport measure(Path cache) throws IOException {
    DatasetFolder folder = DatasetFolder.open(options.data());
    LabelSet labels = folder.training();
    List<String> images = labels.images().subList(0, Math.min(IMAGES, labels.size()));
    try (ImageSource source = decode(folder, images, cache)) {
      int[] rows = wholeBatches(labels, source);
      try (Batch batch = new Batch(options.batch(), source.height(), source.width())) {
        ShardSpeed speed = new ShardSpeed(source, batch.images());
        double shard = speed.shard();
        double copy = speed.copy();
        steps(labels, source, rows, batch);
        return report(source, shard, copy);
      }
    }
  }

  private ImageSource decode(DatasetFolder folder, List<String> images, Path cache) throws IOException {
    long begun = System.nanoTime();
    ImageSource source = folder.images(images, cache, DecodeProgress.on(progress, "decoding"));
    double seconds = (System.nanoTime() - begun) * NANO;
    progress.end();
    try (Stream<Path> written = Files.list(cache)) {
      decodedImagesPerSecond = written.findAny().isPresent() ? images.size() / seconds : null;
    }
    return source;
  }

  /** Rows with an image and a label, as many as fill whole batches. */
  private int[] wholeBatches(LabelSet labels, ImageSource source) {
    int[] rows = IntStream.range(0, source.size()).filter(source::usable)
        .filter(row -> options.spec().tasks().stream().anyMatch(task -> labels.has(task, row))).toArray();
    int batches = rows.length / options.batch();
    if (batches < 2) {
      throw InputException.in(options.data(), "expected at least two batches of " + options.batch()
          + " training rows with image and label, got " + rows.length + " rows; choose a smaller --batch");
    }
    return Arrays.copyOf(rows, batches * options.batch());
  }

  private void steps(LabelSet labels, ImageSource source, int[] rows, Batch resident) throws IOException {
    float[] weights = new float[Expression.COUNT];
    Arrays.fill(weights, 1);
    BatchFiller filler = new BatchFiller(labels, source, hyperparameters);
    filler.fill(resident, 0, rows, 0, options.batch());
    try (Model model = new Model(options.spec(), options.precision(), options.device(), SEED);
        Trainer trainer = new Trainer(model, TrainerOptions.paper(weights));
        Batch first = new Batch(options.batch(), source.height(), source.width());
        Batch second = new Batch(options.batch(), source.height(), source.width());
        Batch third = new Batch(options.batch(), source.height(), source.width())) {
      for (int i = 0; i < WARMUP; i++) {
        step(trainer, resident);
      }
      progress.begin("steps", 2L * options.steps(), "steps", () -> "");
      int turn = Math.min(TURN, rows.length / options.batch() - 1);
      for (int done = 0; done < options.steps(); done += turn) {
        int end = Math.min(done + turn, options.steps());
        turnOnResident(trainer, resident, done, end);
        turnOnData(trainer, new BatchFeed(filler, hyperparameters, done, rows, 0, List.of(first, second, third)), done,
            end);
        progress.advance(2L * end);
      }
    } finally {
      progress.end();
    }
  }

  private void turnOnResident(Trainer trainer, Batch batch, int begin, int end) {
    step(trainer, batch);
    for (int i = begin; i < end; i++) {
      long begun = System.nanoTime();
      step(trainer, batch);
      onResident[i] = (System.nanoTime() - begun) * NANO;
    }
  }

  /** The first step waits until the feed has begun: that happens once an epoch. */
  private void turnOnData(Trainer trainer, BatchFeed feed, int begin, int end) throws IOException {
    try (feed) {
      for (int i = begin - 1; i < end; i++) {
        long begun = System.nanoTime();
        Batch batch = feed.take();
        step(trainer, batch);
        feed.giveBack(batch);
        if (i >= begin) {
          onData[i] = (System.nanoTime() - begun) * NANO;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the benchmark was interrupted", e);
    }
  }

  private static void step(Trainer trainer, Batch batch) {
    trainer.step(batch, LEARNING_RATE);
    if (!Double.isFinite(trainer.read().total())) {
      throw new IllegalStateException("a step of the benchmark gave a loss that is not finite");
    }
  }

  private InputReport report(ImageSource source, double shard, double copy) {
    Spread resident = Spread.of(onResident);
    Spread data = Spread.of(onData);
    double trainedImagesPerSecond = options.batch() / data.median();
    return new InputReport(
        options.data().toString(), source.size(), source.height(), source.width(), options.spec().name(),
        options.precision().label(), options.batch(), decodedImagesPerSecond,
        decodedImagesPerSecond == null ? null : trainedImagesPerSecond / decodedImagesPerSecond, shard / GIGA,
        copy / GIGA, shard / copy, resident, data, data.median() / resident.median());
  }
}
