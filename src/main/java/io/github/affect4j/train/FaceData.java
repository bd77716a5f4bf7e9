package io.github.affect4j.train;

import io.github.affect4j.data.BadImage;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.data.Quarantine;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * Training and validation set of a run, decoded once and shared by all its models.
 *
 * @param training labels, row by row
 * @param trainingImages images of these rows
 * @param validation labels, row by row
 * @param validationImages images of these rows
 */
public record FaceData(
    LabelSet training, ImageSource trainingImages, LabelSet validation, ImageSource validationImages)
    implements AutoCloseable {

  /**
   * Reads the annotations and opens the images, decoding them into the cache if need be.
   *
   * @throws InputException if a file is missing or malformed, or the two sets differ in image size
   */
  public static FaceData open(DatasetFolder folder, Path cache, Progress progress) {
    LabelSet training = folder.training();
    LabelSet validation = folder.validation();
    ImageSource trainingImages = open(folder, training.images(), cache, "training images", progress);
    try {
      ImageSource validationImages = open(folder, validation.images(), cache, "validation images", progress);
      return new FaceData(training, trainingImages, validation, validationImages);
    } catch (RuntimeException e) {
      trainingImages.close();
      throw e;
    }
  }

  /** Opens the images of a list, decoding them into the cache if need be. */
  static ImageSource open(DatasetFolder folder, List<String> images, Path cache, String what, Progress progress) {
    try {
      return folder.images(images, cache, DecodeProgress.on(progress, "reading " + what));
    } finally {
      progress.end();
    }
  }

  /** Rows that train this model: a usable image, a label of its tasks and, if complete, all of the set's tasks. */
  int[] rows(ModelSpec spec, TrainingRows choice) {
    List<Task> complete = choice == TrainingRows.COMPLETE ? labelledTasks() : List.of();
    return IntStream.range(0, training.size())
        .filter(row -> trainingImages.usable(row))
        .filter(row -> spec.tasks().stream().anyMatch(task -> training.has(task, row)))
        .filter(row -> complete.stream().allMatch(task -> training.hasAll(task, row)))
        .toArray();
  }

  /** Tasks of which the training set has labels at all. */
  private List<Task> labelledTasks() {
    return Arrays.stream(Task.values())
        .filter(task -> IntStream.range(0, training.size()).anyMatch(row -> training.has(task, row)))
        .toList();
  }

  /** True if a validation row that the protocol scores has a label of at least one of the model's tasks. */
  boolean canValidate(ModelSpec spec, Protocol protocol) {
    return IntStream.range(0, validation.size())
        .filter(row -> protocol == Protocol.EACH || validation.isComplete(row))
        .anyMatch(row -> spec.tasks().stream().anyMatch(task -> validation.has(task, row)));
  }

  /**
   * The paper's class weights w_y = N / N_y of the expressions, counted over some rows. A class
   * without a row never enters the loss; its weight is 1.
   */
  float[] classWeights(int[] rows) {
    int[] counts = training.expressionCounts(IntStream.of(rows));
    int all = IntStream.of(counts).sum();
    float[] weights = new float[Expression.COUNT];
    for (int label = 0; label < weights.length; label++) {
      weights[label] = counts[label] == 0 ? 1 : (float) all / counts[label];
    }
    return weights;
  }

  /** Images of both sets that cannot be used. */
  List<BadImage> problems() {
    List<BadImage> problems = new ArrayList<>(trainingImages.problems());
    problems.addAll(validationImages.problems());
    return problems;
  }

  /** Writes the list of unusable images. */
  void writeQuarantine(Path file) throws IOException {
    Quarantine.write(file, problems());
  }

  /**
   * Tells data sets apart: 8 hex digits of labels, image names and which images are usable, a hyphen, and 8 of all
   * images' pixels.
   */
  String fingerprint() {
    CRC32C labels = new CRC32C();
    update(labels, training, trainingImages);
    update(labels, validation, validationImages);
    CRC32C pixels = new CRC32C();
    update(pixels, trainingImages);
    update(pixels, validationImages);
    return String.format("%08x-%08x", labels.getValue(), pixels.getValue());
  }

  private static void update(CRC32C crc, ImageSource images) {
    ByteBuffer checksum = ByteBuffer.allocate(Integer.BYTES);
    for (int row = 0; row < images.size(); row++) {
      crc.update(checksum.clear().putInt(images.checksum(row)).flip());
    }
  }

  private static void update(CRC32C crc, LabelSet labels, ImageSource images) {
    ByteBuffer numbers = ByteBuffer.allocate(2 * Double.BYTES + 2);
    for (int row = 0; row < labels.size(); row++) {
      crc.update(labels.images().get(row).getBytes(StandardCharsets.UTF_8));
      numbers.clear().putDouble(labels.valence()[row]).putDouble(labels.arousal()[row]);
      numbers.put(labels.expression()[row]).put((byte) (images.usable(row) ? 1 : 0));
      crc.update(numbers.flip());
    }
    crc.update(labels.actionUnits());
    crc.update(ByteBuffer.allocate(2 * Integer.BYTES).putInt(images.height()).putInt(images.width()).flip());
  }

  @Override
  public void close() {
    trainingImages.close();
    validationImages.close();
  }
}
