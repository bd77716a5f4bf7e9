package io.github.affect4j.paper;

import io.github.affect4j.data.Annotations;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.ImageList;
import io.github.affect4j.engine.Device;
import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.fusion.FourModels;
import io.github.affect4j.fusion.FusionComparison;
import io.github.affect4j.fusion.FusionWeights;
import io.github.affect4j.fusion.LateFusion;
import io.github.affect4j.fusion.MeanSpace;
import io.github.affect4j.fusion.RawPredictionFile;
import io.github.affect4j.fusion.RawPredictions;
import io.github.affect4j.fusion.Scoring;
import io.github.affect4j.fusion.SubmissionFile;
import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import io.github.affect4j.train.Hyperparameters;
import io.github.affect4j.train.ModelReport;
import io.github.affect4j.train.PredictionJob;
import io.github.affect4j.train.Resident;
import io.github.affect4j.train.RunFolder;
import io.github.affect4j.train.Training;
import io.github.affect4j.train.TrainingRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tables 1 and 2 of the paper and their fusion: trains the three single-task models and the
 * multi-task model, predicts the validation set and the test list with each, fuses with the paper's
 * lambdas and scores. What is already there in the output folder is gone on with.
 *
 * @param data data set folder
 * @param out folder for runs, predictions and report
 * @param cache folder of the decoded images
 * @param hyperparameters of all four models
 * @param device where to compute
 * @param checkpointSeconds seconds between checkpoints
 */
public record PaperExperiment(
    Path data, Path out, Path cache, Hyperparameters hyperparameters, Device device, int checkpointSeconds) {

  /** Runs the experiment, or the rest of it. */
  public PaperReport run(Progress progress) throws IOException {
    long begun = System.nanoTime();
    DatasetFolder folder = DatasetFolder.open(data);
    folder.testList().ifPresent(list -> requireTestImages(folder, list));
    TrainingRequest request =
        new TrainingRequest(
            data, out, cache, ModelSpec.all(), hyperparameters, device, Resident.AUTO, true, 0, checkpointSeconds);
    Training training = new Training(request, progress);
    List<ModelReport> models = training.run();
    List<FusionComparison> comparisons = validate(folder, progress);
    PaperReport tables =
        new PaperReport(
            data.toString(), out.toString(), models, training.dataSeconds(), costRatio(training.dataSeconds(), models),
            FusionWeights.PAPER, comparisons, null, seconds(begun));
    write(tables);
    if (folder.testList().isEmpty()) {
      return tables;
    }
    progress.say("the tables are in " + report() + "; now the submission");
    PaperReport report = tables.with(submit(folder.testList().get(), progress), seconds(begun));
    write(report);
    return report;
  }

  /** What can be told before hours of training; damaged images show when they are decoded. */
  private void requireTestImages(DatasetFolder folder, Path list) {
    List<String> images = ImageList.read(list);
    Set<String> missing = folder.missing(images);
    PredictionJob.requireImages(list, data, images.size(), images.stream().filter(missing::contains).toList());
  }

  private Path report() {
    return out.resolve("report.json");
  }

  private void write(PaperReport report) {
    AtomicFile.writeText(report(), Json.pretty(report) + "\n");
  }

  private static double seconds(long begun) {
    return (System.nanoTime() - begun) / 1e9;
  }

  /** What all models cost, in units of the multi-task model alone. */
  private static double costRatio(double dataSeconds, List<ModelReport> models) {
    double all = dataSeconds;
    double alone = dataSeconds;
    for (ModelReport model : models) {
      all += model.seconds();
      alone += model.model().equals(ModelSpec.MTL.name()) ? model.seconds() : 0;
    }
    return all / alone;
  }

  private List<FusionComparison> validate(DatasetFolder folder, Progress progress) throws IOException {
    Path list = folder.root().resolve(DatasetFolder.VALIDATION_FILE);
    FourModels models = predict(list, "validation", progress);
    RawPredictions fused = fuse(models, "validation");
    LabelSet labels = Annotations.read(list);
    return Arrays.stream(Protocol.values())
        .map(protocol -> FusionComparison.of(models, fused, new Scoring(labels, AuThresholds.ZERO, protocol)))
        .toList();
  }

  private Path submit(Path list, Progress progress) throws IOException {
    RawPredictions fused = fuse(predict(list, "test", progress), "test");
    Path submission = out.resolve("submission.txt");
    SubmissionFile.write(submission, fused.decode());
    return submission;
  }

  private RawPredictions fuse(FourModels models, String set) throws IOException {
    RawPredictions fused = LateFusion.fuse(models, FusionWeights.PAPER, MeanSpace.LOGITS);
    RawPredictionFile.write(predictions(set, "fused"), fused);
    return fused;
  }

  private FourModels predict(Path list, String set, Progress progress) throws IOException {
    Map<Task, Path> single = new EnumMap<>(Task.class);
    for (ModelSpec spec : ModelSpec.all()) {
      Path file = predictions(set, spec.name());
      predict(spec, list, file, progress);
      if (spec.tasks().size() == 1) {
        single.put(spec.tasks().iterator().next(), file);
      }
    }
    return FourModels.read(single, predictions(set, ModelSpec.MTL.name()));
  }

  private void predict(ModelSpec spec, Path list, Path file, Progress progress) throws IOException {
    Path weights = new RunFolder(out, spec).best();
    new PredictionJob(
            weights, data, list, file, null, null, cache, hyperparameters.dtype(), device, hyperparameters.batch(),
            hyperparameters.threads())
        .run(progress);
  }

  private Path predictions(String set, String model) {
    return out.resolve("predictions").resolve(set + "-" + model + ".csv");
  }
}
