package io.github.affect4j.train;

import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Trains the models of a request one after another. */
public final class Training {
  private final TrainingRequest request;
  private final Progress progress;
  private double dataSeconds;

  public Training(TrainingRequest request, Progress progress) {
    this.request = request;
    this.progress = progress;
  }

  /**
   * The hyper-parameters of the run in an output folder, which a resume goes on with.
   *
   * @return empty if none of these models was begun there
   */
  public static Optional<Hyperparameters> stored(Path out, List<ModelSpec> specs) throws IOException {
    for (ModelSpec spec : specs) {
      Optional<Hyperparameters> stored = new RunFolder(out, spec).readOptions();
      if (stored.isPresent()) {
        return stored;
      }
    }
    return Optional.empty();
  }

  /**
   * Trains, or goes on training. SIGINT and SIGTERM end it after the current step, with all saved;
   * the process then exits with 130 or 143.
   *
   * @return a report for each model that was begun; after a signal the last one is not finished
   * @throws InputException if the data or a checkpoint cannot be used, or training diverged
   */
  public List<ModelReport> run() throws IOException {
    if (!request.resume()) {
      request.specs().forEach(this::requireUnused);
    }
    long begun = System.nanoTime();
    try (FaceData data = FaceData.open(DatasetFolder.open(request.data()), request.cache(), progress);
        Interruption interruption = new Interruption()) {
      dataSeconds = (System.nanoTime() - begun) / 1e9;
      warnOfProblems(data);
      return train(data, interruption);
    }
  }

  /** Seconds that {@link #run()} took to have the data, decoded if need be, for all its models. */
  public double dataSeconds() {
    return dataSeconds;
  }

  private List<ModelReport> train(FaceData data, Interruption interruption) throws IOException {
    List<ModelReport> reports = new ArrayList<>();
    for (ModelSpec spec : request.specs()) {
      if (!interruption.getAsBoolean()) {
        TrainingState state = new TrainingRun(spec, request, data, progress, interruption).run();
        reports.add(report(spec, state, data));
      }
    }
    if (interruption.getAsBoolean()) {
      progress.say("interrupted; all is saved, and --resume goes on");
    }
    return reports;
  }

  private void requireUnused(ModelSpec spec) {
    RunFolder folder = new RunFolder(request.out(), spec);
    if (folder.isUsed()) {
      throw new InputException(
          folder.path() + " already holds a training run; continue it with --resume, or choose another --out");
    }
  }

  private void warnOfProblems(FaceData data) {
    int problems = data.problems().size();
    if (problems > 0) {
      progress.say("warning: " + problems + " images are missing or corrupt and are skipped in training; "
          + RunFolder.QUARANTINE + " in the run folder lists them");
    }
  }

  private ModelReport report(ModelSpec spec, TrainingState state, FaceData data) {
    return new ModelReport(
        spec.name(),
        state.finished(),
        state.stoppedEarly(),
        state.epoch(),
        state.adamSteps(),
        state.history().stream().mapToDouble(EpochRecord::seconds).sum(),
        state.best(),
        new RunFolder(request.out(), spec).best().toString(),
        data.problems().size(),
        state.history());
  }
}
