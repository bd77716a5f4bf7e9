package io.github.affect4j.train;

import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.ImageList;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.Runtime;
import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.fusion.PredictionFiles;
import io.github.affect4j.fusion.RawPredictions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Predicts a list of images with one model and writes the result.
 *
 * @param model checkpoint or exported weights
 * @param data data set folder
 * @param list image list or annotation file
 * @param out raw prediction file to write; null: none
 * @param submission submission to write, of the model's one head or all three; null: none
 * @param thresholds thresholds that decide the action units of the submission; null: 0
 * @param cache folder of the decoded images
 * @param precision null: the one the model was trained with
 * @param device where to compute
 * @param batch images a native call
 * @param threads OpenMP threads
 */
public record PredictionJob(
    Path model,
    Path data,
    Path list,
    Path out,
    Path submission,
    Path thresholds,
    Path cache,
    Precision precision,
    Device device,
    int batch,
    int threads) {

  /** @throws InputException if a file or most images cannot be used */
  public PredictionReport run(Progress progress) throws IOException {
    Runtime.threads(threads);
    AuThresholds decision = AuThresholds.readOrZero(thresholds);
    List<String> images = ImageList.read(list);
    try (Model network = ModelFile.open(model, precision, device)) {
      requireActionUnits(network);
      PredictionFiles.requireWritable(out, submission);
      return predict(network, images, decision, progress);
    }
  }

  private void requireActionUnits(Model network) {
    if (thresholds != null && !network.spec().tasks().contains(Task.AU)) {
      throw InputException.in(thresholds, "thresholds decide action units, but the model predicts only '"
          + network.spec().name() + "'; leave out --thresholds");
    }
  }

  private PredictionReport predict(
      Model network, List<String> images, AuThresholds decision, Progress progress) throws IOException {
    try (ImageSource source = FaceData.open(DatasetFolder.open(data), images, cache, "images", progress)) {
      List<String> unusable =
          IntStream.range(0, images.size()).filter(row -> !source.usable(row)).mapToObj(images::get).toList();
      requireImages(list, data, images.size(), unusable);
      RawPredictions predictions =
          new Predictor(network, batch, () -> false).predict(source, images, "predicting", progress);
      PredictionFiles.write(out, submission, predictions, decision);
      warn(unusable, progress);
      return new PredictionReport(
          network.spec().name(),
          images.size(),
          unusable.size(),
          PredictionFiles.name(out),
          PredictionFiles.name(submission));
    }
  }

  /** @throws InputException if too many are unusable */
  public static void requireImages(Path list, Path data, int images, List<String> unusable) {
    if (DatasetFolder.tooManyMissing(unusable.size(), images)) {
      throw InputException.in(list, "expected its images in " + data + ", but " + unusable.size() + " of " + images
          + " are missing or corrupt; put them there, or move the list to the folder whose cropped_aligned has them,"
          + " which is predict's --data" + otherForm(data, unusable));
    }
  }

  private void warn(List<String> unusable, Progress progress) {
    if (!unusable.isEmpty()) {
      progress.say("warning: " + unusable.size() + " listed images are missing or corrupt; their rows have the"
          + " prediction of the closest usable frame of the same video, or of a mid-grey image if it has none"
          + otherForm(data, unusable));
    }
  }

  private static String otherForm(Path data, List<String> images) {
    return DatasetFolder.otherForm(data.resolve(DatasetFolder.IMAGE_FOLDER), images);
  }
}
