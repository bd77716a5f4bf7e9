package io.github.affect4j.train;

import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Scores;
import io.github.affect4j.fusion.RawPredictions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Trains one model: epochs of steps, each followed by a validation and a checkpoint. */
final class TrainingRun {
  private final ModelSpec spec;
  private final TrainingRequest request;
  private final Hyperparameters hyperparameters;
  private final FaceData data;
  private final RunFolder folder;
  private final Team team;
  private final Progress progress;
  private final BooleanSupplier stop;
  private final int[] rows;
  private final int batchesPerEpoch;
  private long lastSave = System.nanoTime();

  TrainingRun(
      ModelSpec spec,
      TrainingRequest request,
      FaceData data,
      Team team,
      Progress progress,
      BooleanSupplier stop) {
    this.spec = spec;
    this.request = request;
    this.hyperparameters = request.hyperparameters();
    this.data = data;
    this.folder = new RunFolder(request.out(), spec);
    this.team = team;
    this.progress = progress;
    this.stop = stop;
    this.rows = data.rows(spec, hyperparameters.rows());
    requireValidationLabels();
    this.batchesPerEpoch = batchesPerEpoch();
  }

  /** Without them all epochs have the score 0, and the first would stay the best. */
  private void requireValidationLabels() {
    Protocol protocol = hyperparameters.protocol();
    if (!data.canValidate(spec, protocol)) {
      boolean all = protocol == Protocol.ALL;
      throw new InputException(
          request.data() + ": the validation set has no "
              + (all ? "row labelled for all three tasks" : "label for '" + spec.name() + "'")
              + ", and at least one is needed to tell the best epoch; add labels, or "
              + (all ? "use --protocol each" : "choose another --task"));
    }
  }

  private int batchesPerEpoch() {
    int least = team.sharing().leastRows();
    if (hyperparameters.batch() < least) {
      throw new InputException("--batch " + hyperparameters.batch() + " is too small for " + team.sharing()
          + ", which need " + least + " rows; give a larger --batch, or --sync-bn");
    }
    int batches = BatchFeed.batches(rows.length, hyperparameters.batch(), least);
    if (batches == 0) {
      boolean complete = hyperparameters.rows() == TrainingRows.COMPLETE;
      throw new InputException(
          request.data() + ": the training set has " + rows.length + " rows with a usable image and "
              + (complete ? "all labels" : "a label") + " for '" + spec.name() + "'; at least " + least + " are needed"
              + (complete ? "; use --rows any" : ""));
    }
    return batches;
  }

  /** Trains until the run is finished or interrupted; its last state is on disk then. */
  TrainingState run() throws IOException {
    io.github.affect4j.engine.Runtime.threads(hyperparameters.threads());
    float[] weights = classWeights();
    RunLock lock = team.leads() ? RunLock.of(folder.path(), progress) : null;
    try (lock;
        Model model = new Model(spec, hyperparameters.dtype(), request.device(), hyperparameters.seed());
        Trainer trainer = new Trainer(model, hyperparameters.trainerOptions(weights))) {
      TrainingState state = team.broadcast(team.leads() ? begin(trainer, weights) : null);
      team.join(trainer);
      return state.finished() ? state : train(trainer, state);
    }
  }

  private float[] classWeights() {
    List<Double> given = hyperparameters.classWeights();
    float[] weights = data.classWeights(rows);
    for (int i = 0; i < given.size(); i++) {
      weights[i] = given.get(i).floatValue();
    }
    return weights;
  }

  private void tellClassWeights(float[] weights) {
    if (spec.tasks().contains(Task.EXPR)) {
      int[] counts = data.training().expressionCounts(IntStream.of(rows));
      progress.say(Arrays.stream(Expression.values())
          .map(e -> String.format(Locale.ROOT, "%s %d x %.4f", e.label(), counts[e.ordinal()], weights[e.ordinal()]))
          .collect(Collectors.joining(", ", spec.name() + ": rows and weight of each expression: ", "")));
    }
  }

  private TrainingState begin(Trainer trainer, float[] weights) throws IOException {
    Optional<TrainingState> checkpoint = request.resume()
        ? folder.useNewest((file, state) -> Checkpoint.restore(file, trainer, state), progress)
        : Optional.empty();
    if (checkpoint.isPresent()) {
      return resume(trainer, checkpoint.get());
    }
    tellClassWeights(weights);
    initialise(new Weights(trainer.model()));
    folder.writeOptions(hyperparameters);
    data.writeQuarantine(folder.quarantine());
    return TrainingState.initial(spec.name(), hyperparameters, data.fingerprint())
        .with(hyperparameters, team.sharing(), request.device().kind());
  }

  private void initialise(Weights weights) throws IOException {
    if (hyperparameters.init().isEmpty()) {
      weights.beginAsIdentity();
      return;
    }
    try (Safetensors file = Weights.open(Path.of(hyperparameters.init()))) {
      progress.say(weights.loadPretrained(file));
    }
  }

  private TrainingState resume(Trainer trainer, TrainingState state) throws IOException {
    String device = request.device().kind();
    new ResumeCheck(folder.path(), hyperparameters, data.fingerprint(), team.sharing(), device, progress).check(state);
    folder.writeOptions(hyperparameters);
    folder.writeLog(state.history());
    TrainingState resumed = state.with(hyperparameters, team.sharing(), device);
    checkBest(trainer, resumed);
    progress.say(spec.name() + (resumed.finished() ? ": already finished after epoch " + state.epoch()
        : ": resumed at epoch " + (state.epoch() + 1) + ", batch " + state.batch() + " of " + batchesPerEpoch));
    return resumed;
  }

  /** The best weights of a run are nowhere else, unless its last epoch is the best. */
  private void checkBest(Trainer trainer, TrainingState state) throws IOException {
    Optional<String> problem = folder.problemOfBest(state);
    if (problem.isEmpty()) {
      return;
    }
    EpochRecord best = state.best();
    if (best.epoch() == state.epoch() && state.batch() == 0) {
      Checkpoint.writeWeights(folder.best(), trainer.model(), state);
      progress.say("warning: " + problem.get() + "; written anew from the last checkpoint");
      return;
    }
    String loss = String.format(Locale.ROOT, "%s; the weights of the best epoch, %d (score %.4f), are lost",
        problem.get(), best.epoch(), best.score());
    if (state.finished()) {
      throw new InputException(loss + ", and the run is finished: remove " + folder.path()
          + " and --resume with all options trains it anew, to the same weights, or use " + folder.last()
          + ", of epoch " + state.epoch());
    }
    progress.say("warning: " + loss + " unless a later epoch is better");
  }

  private TrainingState train(Trainer trainer, TrainingState state) throws IOException {
    try (BatchPool pool = new BatchPool(
        trainer.model(), request.device(), data.trainingImages(), largestShare(), request.resident(), progress)) {
      while (!state.finished() && !isStopped()) {
        state = epoch(trainer, state, pool.batches());
      }
      if (state.finished() && team.leads()) {
        checkBest(trainer, state);
      }
      return state;
    }
  }

  private int largestShare() {
    int ranks = team.sharing().ranks();
    return (Math.min(hyperparameters.batch(), rows.length) + ranks - 1) / ranks;
  }

  /** Asked equally often on all ranks, which all get the same answer. */
  private boolean isStopped() {
    return team.any(stop.getAsBoolean());
  }

  /** The same between steps, where the question travels with the step before. */
  private boolean isStopped(Trainer trainer) {
    return team.isAlone() ? stop.getAsBoolean() : trainer.stopWishes(stop.getAsBoolean()) > 0;
  }

  /** One epoch from wherever the state stands; comes back early, with all saved, if interrupted. */
  private TrainingState epoch(Trainer trainer, TrainingState state, List<Batch> batches) throws IOException {
    long begun = System.nanoTime();
    TrainingState trained = steps(trainer, state, batches);
    double trainingSeconds = (System.nanoTime() - begun) / 1e9;
    if (trained.batch() < batchesPerEpoch) {
      return save(trainer, trained);
    }
    try {
      Scores scores = validate(trainer, trained);
      double seconds = (System.nanoTime() - begun) / 1e9;
      double speed = images(trained.batch() - state.batch()) / trainingSeconds;
      return endEpoch(trainer, trained, scores, seconds, speed);
    } catch (CancellationException e) {
      return save(trainer, trained);
    }
  }

  private TrainingState steps(Trainer trainer, TrainingState state, List<Batch> batches) throws IOException {
    BatchFiller filler = new BatchFiller(data.training(), data.trainingImages(), hyperparameters);
    LossMeter meter = LossMeter.of(state.meter());
    int done = state.batch();
    progress.begin(label(state), images(batchesPerEpoch), "img", () -> note(meter));
    progress.advance(images(done));
    try (BatchFeed feed = new BatchFeed(filler, hyperparameters, state.epoch(), rows, done, team, batches)) {
      while (done < batchesPerEpoch && !isStopped(trainer)) {
        Batch batch = feed.take();
        trainer.step(batch, (float) learningRate(trainer.steps()));
        meter.add(trainer.read());
        feed.giveBack(batch);
        done++;
        requireFinite(meter, state, done);
        progress.advance(images(done));
        if (done < batchesPerEpoch && checkpointIsDue(done)) {
          save(trainer, state.afterBatches(done, trainer.steps(), meter));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("training was interrupted", e);
    } finally {
      progress.end();
    }
    return state.afterBatches(done, trainer.steps(), meter);
  }

  private double learningRate(long step) {
    long total = (long) hyperparameters.epochs() * batchesPerEpoch;
    return hyperparameters.schedule().rate(hyperparameters.lr(), hyperparameters.warmup(), step, total);
  }

  private boolean checkpointIsDue(int done) {
    boolean byNumber = request.checkpointBatches() > 0 && done % request.checkpointBatches() == 0;
    double seconds = (System.nanoTime() - lastSave) / 1e9;
    return byNumber || request.checkpointSeconds() > 0 && seconds >= request.checkpointSeconds();
  }

  private TrainingState save(Trainer trainer, TrainingState state) throws IOException {
    if (team.leads()) {
      folder.save(trainer, state);
    }
    lastSave = System.nanoTime();
    return state;
  }

  private void requireFinite(LossMeter meter, TrainingState state, int done) {
    if (!Double.isFinite(meter.total())) {
      throw diverged("the loss is not finite at epoch " + (state.epoch() + 1) + ", batch " + done, null);
    }
  }

  private InputException diverged(String sign, Exception cause) {
    return new InputException(
        spec.name() + ": " + sign + ": training diverged; try a smaller --lr than " + hyperparameters.lr()
            + " (the last checkpoint is intact)",
        cause);
  }

  private Scores validate(Trainer trainer, TrainingState state) {
    if (!team.isAlone()) {
      trainer.shareStatistics();
    }
    TeamPredictor predictor = new TeamPredictor(trainer.model(), hyperparameters.batch(), team, this::isStopped);
    List<String> images = data.validation().images();
    float[] logits = predictor.predict(data.validationImages(), images, label(state) + " validation", progress);
    return Evaluation.evaluate(
        data.validation(), predictions(images, logits, state).decode(), hyperparameters.protocol());
  }

  private RawPredictions predictions(List<String> images, float[] logits, TrainingState state) {
    try {
      return new RawPredictions(images, spec.tasks(), logits);
    } catch (InputException e) {
      throw diverged("the logits of the validation after epoch " + (state.epoch() + 1) + " are not finite", e);
    }
  }

  private TrainingState endEpoch(
      Trainer trainer, TrainingState trained, Scores scores, double seconds, double speed) throws IOException {
    EpochRecord previousBest = trained.best();
    boolean best = previousBest == null || scores.sum() > previousBest.score();
    TrainingState state = trained.afterEpoch(record(trained, scores, best, seconds, speed));
    if (team.leads() && best) {
      Checkpoint.writeWeights(folder.best(), trainer.model(), state);
    }
    save(trainer, state);
    if (team.leads()) {
      folder.writeLog(state.history());
    }
    progress.say(summary(state));
    return state;
  }

  private EpochRecord record(TrainingState trained, Scores scores, boolean best, double seconds, double speed) {
    LossMeter meter = LossMeter.of(trained.meter());
    return new EpochRecord(
        trained.epoch() + 1,
        trained.adamSteps(),
        learningRate(trained.adamSteps() - 1),
        meter.total(),
        meter.va(),
        meter.expr(),
        meter.au(),
        meter.exprAccuracy(),
        meter.auAccuracy(),
        scores.sum(),
        scores.va() == null ? null : scores.va().cccValence(),
        scores.va() == null ? null : scores.va().cccArousal(),
        scores.expr() == null ? null : scores.expr().macroF1(),
        scores.au() == null ? null : scores.au().meanF1(),
        best,
        seconds,
        speed);
  }

  private long images(int batches) {
    return Math.min((long) batches * hyperparameters.batch(), rows.length);
  }

  private String label(TrainingState state) {
    return spec.name() + " " + (state.epoch() + 1) + "/" + hyperparameters.epochs();
  }

  private static String note(LossMeter meter) {
    return meter.steps() == 0 ? "" : String.format(Locale.ROOT, "loss %.4f", meter.total());
  }

  private String summary(TrainingState state) {
    EpochRecord last = state.history().get(state.history().size() - 1);
    return String.format(
        Locale.ROOT, "%s epoch %d/%d: loss %.4f, validation score %.4f%s, %.1f img/s, %.0f s",
        spec.name(), last.epoch(), hyperparameters.epochs(), last.loss(), last.score(), last.best() ? " (best)" : "",
        last.imagesPerSecond(), last.seconds());
  }
}
