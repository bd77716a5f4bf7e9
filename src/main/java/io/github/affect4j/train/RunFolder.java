package io.github.affect4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.InputFile;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of one model's training run, {@code OUT/<model>/}:
 *
 * <ul>
 *   <li>{@code last.safetensors}: the newest checkpoint, {@code previous.safetensors}: the one
 *       before it
 *   <li>{@code best.safetensors}: weights of the epoch with the best validation score
 *   <li>{@code metrics.csv}, {@code metrics.jsonl}: one record an epoch
 *   <li>{@code options.json}: the hyper-parameters, for people; a run that has a checkpoint goes on by the
 *       checkpoint's
 *   <li>{@code quarantine.csv}: images that could not be used
 *   <li>{@code .lock}: locked by the process that trains here
 * </ul>
 */
public final class RunFolder {
  /** Does something with a checkpoint that is whole, or refuses it by an {@link InputException}. */
  interface Use {
    void of(Safetensors file, TrainingState state) throws IOException;
  }

  static final String QUARANTINE = "quarantine.csv";

  private static final int MOST_OPTIONS = 1 << 20;

  private final Path folder;
  private boolean lastIsGood;

  /** The folder of a model below a run's output folder; nothing is created yet. */
  public RunFolder(Path out, ModelSpec spec) {
    this.folder = out.resolve(spec.name());
  }

  /** {@code OUT/<model>}. */
  public Path path() {
    return folder;
  }

  /** Weights of the best epoch. */
  public Path best() {
    return folder.resolve("best.safetensors");
  }

  /** The newest checkpoint. */
  public Path last() {
    return folder.resolve("last.safetensors");
  }

  Path quarantine() {
    return folder.resolve(QUARANTINE);
  }

  private Path previous() {
    return folder.resolve("previous.safetensors");
  }

  private Path options() {
    return folder.resolve("options.json");
  }

  /** True if a run has been started here. */
  public boolean isUsed() {
    return Files.exists(options()) || hasCheckpoint();
  }

  /** True if there is a checkpoint to go on from, be it whole or not. */
  boolean hasCheckpoint() {
    return Files.exists(last()) || Files.exists(previous());
  }

  /**
   * Makes a checkpoint the last one and keeps its predecessor. At every moment the last one is there, once there was
   * one, and a whole one is.
   */
  void save(Trainer trainer, TrainingState state) throws IOException {
    try (SafetensorsWriter out = Checkpoint.write(last(), trainer, state)) {
      if (lastIsGood) { // a damaged one must not take the place of the one before it
        keepLast();
      }
      out.commit();
    }
    lastIsGood = true;
  }

  /** A second name, unlike another name, does not leave the last one's own vacant until there is a new one. */
  private void keepLast() throws IOException {
    Files.deleteIfExists(previous());
    try {
      Files.createLink(previous(), last());
    } catch (UnsupportedOperationException | FileSystemException e) { // such as on exFAT
      Files.copy(last(), previous());
    }
  }

  /**
   * Uses the newest checkpoint that is whole and not refused; others are skipped with a warning.
   *
   * @return its state; empty if there is no checkpoint at all
   * @throws InputException if there are checkpoints, but none can be used
   */
  Optional<TrainingState> useNewest(Use use, Progress progress) throws IOException {
    InputException problem = null;
    for (Path candidate : Stream.of(last(), previous()).filter(Files::exists).toList()) {
      try (Safetensors file = Safetensors.open(candidate)) {
        TrainingState state = Checkpoint.verify(file);
        use.of(file, state);
        lastIsGood = candidate.equals(last());
        return Optional.of(state);
      } catch (FileSystemException e) { // such as no permission: not the content's fault
        throw e;
      } catch (InputException | IOException e) {
        String told = e instanceof InputException ? e.getMessage() : candidate + ": cannot be read: " + e.getMessage();
        progress.say("warning: " + told + "; trying the checkpoint before it");
        problem = problem == null ? new InputException(told, e) : problem;
      }
    }
    if (problem != null) {
      throw new InputException("no checkpoint in " + folder + " can be used; remove that folder to train anew ("
          + problem.getMessage() + ")", problem);
    }
    return Optional.empty();
  }

  /** True if the last checkpoint, which is not read whole, says that with these options nothing is left to train. */
  boolean isFinished(Hyperparameters hyperparameters) throws IOException {
    if (!Files.exists(last())) {
      return false;
    }
    try (Safetensors file = Safetensors.open(last())) {
      TrainingState state = Checkpoint.state(file);
      return state.with(hyperparameters, state.sharing(), state.device()).finished();
    } catch (InputException damaged) {
      return false;
    }
  }

  /** What is wrong with the best weights of a run that stands at a state; empty if nothing is. */
  Optional<String> problemOfBest(TrainingState state) throws IOException {
    if (state.best() == null) {
      return Optional.empty();
    }
    int due = state.best().epoch();
    try (Safetensors file = Safetensors.open(best())) {
      int epoch = Checkpoint.verify(file).epoch();
      // They are written before the checkpoint of their epoch, which after a crash is trained again.
      boolean ahead = epoch > state.epoch() && !state.finished();
      return epoch == due || ahead ? Optional.empty()
          : Optional.of(best() + ": holds the weights of epoch " + epoch + ", not of the best, " + due);
    } catch (InputException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** Bytes that the run will have on disk when it is finished, less what it has. */
  long bytesToCome() throws IOException {
    return 2 * Checkpoint.BYTES + Checkpoint.WEIGHTS_BYTES - size();
  }

  /** Bytes of the files here, each counted once whatever names it has. */
  private long size() throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    Map<Object, Long> sizes = new HashMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        sizes.put(Optional.<Object>ofNullable(attributes.fileKey()).orElse(file), attributes.size());
      }
    }
    return sizes.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Writes the hyper-parameters of a run that begins. */
  void writeOptions(Hyperparameters hyperparameters) throws IOException {
    AtomicFile.writeText(options(), Json.pretty(hyperparameters) + "\n");
  }

  /**
   * The hyper-parameters of the run in this folder: its newest checkpoint's; before there is one, those of {@code
   * options.json}.
   *
   * @return empty if there is no run
   * @throws InputException if there is a run, but neither can be read
   */
  Optional<Hyperparameters> hyperparameters() throws IOException {
    Optional<TrainingState> newest = useNewest((file, state) -> {}, Progress.NONE);
    return newest.isPresent() ? newest.map(TrainingState::hyperparameters) : readOptions();
  }

  private Optional<Hyperparameters> readOptions() throws IOException {
    if (!Files.exists(options())) {
      return Optional.empty();
    }
    try {
      byte[] json = InputFile.read(options(), "the options of a run", MOST_OPTIONS);
      return Optional.of(Json.read(json, Hyperparameters.class));
    } catch (JsonProcessingException e) {
      throw unreadable(Json.problem(e));
    }
  }

  private InputException unreadable(String problem) {
    return InputException.in(options(),
        "cannot be read: " + problem + "; there is no checkpoint yet, so remove " + folder + " to train anew");
  }

  /** Writes the metrics log anew from the history, so that it always agrees with the checkpoint. */
  void writeLog(List<EpochRecord> history) throws IOException {
    StringBuilder lines = new StringBuilder();
    StringBuilder csv = new StringBuilder();
    for (EpochRecord record : history) {
      ObjectNode node = Json.mapper().valueToTree(record);
      lines.append(Json.mapper().writeValueAsString(node)).append('\n');
      if (csv.isEmpty()) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        csv.append(String.join(",", names)).append('\n');
      }
      List<String> values = new ArrayList<>();
      node.elements().forEachRemaining((JsonNode value) -> values.add(value.isNull() ? "" : value.asText()));
      csv.append(String.join(",", values)).append('\n');
    }
    AtomicFile.writeText(folder.resolve("metrics.jsonl"), lines);
    AtomicFile.writeText(folder.resolve("metrics.csv"), csv);
  }
}
