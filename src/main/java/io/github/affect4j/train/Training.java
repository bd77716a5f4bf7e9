package io.github.affect4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.EngineException;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.Rank;
import io.github.affect4j.engine.Runtime;
import io.github.affect4j.io.DiskSpace;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Trains the models of a request one after another. */
public final class Training {
  private static final long MEGA = 1_000_000;

  private final TrainingRequest request;
  private final Optional<Rank> rank;
  private final RankOptions rankOptions;
  private final Progress progress;
  private double dataSeconds;

  /** Training in this process alone. */
  public Training(TrainingRequest request, Progress progress) {
    this(request, Optional.empty(), RankOptions.DEFAULT, progress);
  }

  /**
   * Training as one of several ranks. Rank 0 leads: it alone reads and writes the output folder, and
   * only its progress is shown.
   *
   * @param rank empty to train alone
   */
  public Training(TrainingRequest request, Optional<Rank> rank, RankOptions rankOptions, Progress progress) {
    this.request = request;
    this.rank = rank;
    this.rankOptions = rankOptions;
    this.progress = leads() ? progress : Progress.NONE;
  }

  private boolean leads() {
    return rank.isEmpty() || rank.get().index() == 0;
  }

  /**
   * The hyper-parameters of the run in an output folder, which a resume goes on with; but threads as
   * this machine has them, which may be another one.
   *
   * @return empty if none of these models was begun there
   */
  public static Optional<Hyperparameters> stored(Path out, List<ModelSpec> specs) throws IOException {
    for (ModelSpec spec : specs) {
      Optional<Hyperparameters> stored = new RunFolder(out, spec).hyperparameters();
      if (stored.isPresent()) {
        return stored.map(options -> options.withThreads(Hyperparameters.paper().threads()));
      }
    }
    return Optional.empty();
  }

  /**
   * Trains, or goes on training. SIGINT and SIGTERM end it after the current step, with all saved;
   * the process then exits with 130 or 143, or with 1 if that failed. While ranks are still joining,
   * they end it at once.
   *
   * @return a report for each model that was begun; after a signal to another rank the last one may not
   *     be finished: see {@link TrainingRequest#isFinished}
   * @throws InputException if the data or a checkpoint cannot be used, or training diverged
   */
  public List<ModelReport> run() throws IOException {
    if (leads()) {
      Runtime.threads(request.hyperparameters().threads());
      for (ModelSpec spec : request.specs()) {
        requireStartable(spec);
      }
      requireSpace(DiskSpace.usable(request.out()));
      tellRandomWeights();
    }
    long begun = System.nanoTime();
    try (FaceData data = FaceData.open(DatasetFolder.open(request.data()), request.cache(), progress)) {
      dataSeconds = (System.nanoTime() - begun) / 1e9;
      warnOfProblems(data);
      // Joining waits for minutes, deaf to an interruption; leaving must come before its end, which is the process's.
      Team team = Team.of(rank, rankOptions);
      try (Interruption interruption = new Interruption();
          team) {
        return train(data, team, interruption);
      }
    }
  }

  /** Seconds that {@link #run()} took to have the data, decoded if need be, for all its models. */
  public double dataSeconds() {
    return dataSeconds;
  }

  /** Ranks that train on other data, or otherwise, would spoil the result without a sign. */
  private void requireSameRuns(Team team, FaceData data) {
    if (team.isAlone()) {
      return;
    }
    ObjectNode options = Json.mapper().valueToTree(request.hyperparameters());
    options.remove("threads");
    options.put("task", request.specs().stream().map(ModelSpec::name).collect(Collectors.joining(" ")));
    options.put("sync_bn", rankOptions.syncBn()).put("device", request.device().kind());
    options.properties().forEach(
        option -> team.requireSame("--" + option.getKey().replace('_', '-'), option.getValue().toString()));
    team.requireSame("the data set", data.fingerprint());
  }

  private List<ModelReport> train(FaceData data, Team team, Interruption interruption) throws IOException {
    try {
      requireSameRuns(team, data);
      List<ModelReport> reports = trainEach(data, team, interruption);
      if (interruption.getAsBoolean() || !request.isFinished(reports)) {
        progress.say("interrupted; all is saved, and --resume goes on");
      }
      return reports;
    } catch (IOException | RuntimeException | Error e) {
      if (interruption.getAsBoolean()) { // then the process ends before anyone else can tell
        progress.say("interrupted, but not saved: " + e.getMessage() + "; --resume goes on from the last checkpoint");
      }
      boolean peerLost = e instanceof EngineException engine && engine.kind() == EngineException.Kind.PEER_LOST;
      if (!peerLost) { // a lost peer is no failure of this rank, which may be started anew
        interruption.fail();
      }
      throw e;
    }
  }

  private List<ModelReport> trainEach(FaceData data, Team team, Interruption interruption) throws IOException {
    List<ModelReport> reports = new ArrayList<>();
    for (ModelSpec spec : request.specs()) {
      if (!team.any(interruption.getAsBoolean())) {
        TrainingState state = new TrainingRun(spec, request, data, team, progress, interruption).run();
        reports.add(report(spec, state, data));
      }
    }
    return reports;
  }

  /** What can be seen before the images are decoded, which may take long. */
  private void requireStartable(ModelSpec spec) throws IOException {
    RunFolder folder = new RunFolder(request.out(), spec);
    if (!request.resume() && folder.isUsed()) {
      throw new InputException(
          folder.path() + " already holds a training run; continue it with --resume, or choose another --out");
    }
    String init = request.hyperparameters().init();
    if (!init.isEmpty() && !folder.hasCheckpoint()) {
      requireLoadable(init, spec);
    }
  }

  /** By loading it as the run will. */
  private static void requireLoadable(String init, ModelSpec spec) throws IOException {
    try (Safetensors file = Weights.open(Path.of(init));
        Model model = new Model(spec, Precision.FP32, Device.CPU, 0)) {
      new Weights(model).loadPretrained(file);
    } catch (InvalidPathException e) {
      throw new InputException("--init must be a file, but '" + init + "' cannot be the name of one", e);
    }
  }

  /**
   * A disk that is full after days of training has cost them since the last checkpoint.
   *
   * @param usable bytes of the output folder's disk; -1 if unknown
   */
  void requireSpace(long usable) throws IOException {
    long need = Checkpoint.BYTES; // a new one is there whole before an old one goes
    boolean finished = true;
    for (ModelSpec spec : request.specs()) {
      RunFolder folder = new RunFolder(request.out(), spec);
      if (!folder.isFinished(request.hyperparameters())) {
        finished = false;
        need += folder.bytesToCome();
      }
    }
    if (!finished && usable >= 0 && usable < need) {
      throw new InputException(String.format(Locale.ROOT,
          "%s: its disk has %d MB free, but the checkpoints and best weights of this training need %d MB; make room, or"
              + " choose another --out", request.out(), usable / MEGA, (need + MEGA - 1) / MEGA));
    }
  }

  /** Unlike the paper's; a run that goes on was told when it began. */
  private void tellRandomWeights() {
    boolean begins = request.specs().stream().noneMatch(spec -> new RunFolder(request.out(), spec).hasCheckpoint());
    if (begins && request.hyperparameters().init().isEmpty()) {
      progress.say("weights begin random; the paper's begin from ImageNet's, which --init takes");
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
