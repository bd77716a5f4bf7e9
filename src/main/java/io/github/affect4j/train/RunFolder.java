package io.github.affect4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The folder of one model's training run, {@code OUT/<model>/}:
 *
 * <ul>
 *   <li>{@code last.safetensors}: the newest checkpoint, {@code previous.safetensors}: the one
 *       before it, {@code next.safetensors}: a finished one that has not got its name yet (seen only
 *       after a crash)
 *   <li>{@code best.safetensors}: weights of the epoch with the best validation score
 *   <li>{@code metrics.csv}, {@code metrics.jsonl}: one record an epoch
 *   <li>{@code options.json}: the hyper-parameters
 *   <li>{@code quarantine.csv}: images that could not be used
 *   <li>{@code .lock}: locked by the process that trains here
 * </ul>
 */
public final class RunFolder {
  static final String QUARANTINE = "quarantine.csv";

  private final Path folder;

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

  private Path next() {
    return folder.resolve("next.safetensors");
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
    return candidates().stream().anyMatch(Files::exists);
  }

  private List<Path> candidates() {
    return List.of(next(), last(), previous());
  }

  /**
   * Makes a checkpoint the last one and keeps its predecessor. At every moment at least one whole
   * checkpoint is there.
   */
  void save(Trainer trainer, TrainingState state) throws IOException {
    Checkpoint.write(next(), trainer, state);
    if (Files.exists(last())) {
      Files.move(last(), previous(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    Files.move(next(), last(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Opens the newest checkpoint that is whole; damaged ones are skipped with a warning.
   *
   * @return empty if there is none at all
   * @throws InputException if there are checkpoints, but all are damaged
   */
  Optional<Safetensors> openLast(Progress progress) throws IOException {
    InputException problem = null;
    for (Path candidate : candidates()) {
      if (!Files.exists(candidate)) {
        continue;
      }
      try {
        return Optional.of(openVerified(candidate));
      } catch (InputException e) {
        progress.say("warning: " + e.getMessage() + "; trying the checkpoint before it");
        problem = e;
      }
    }
    if (problem != null) {
      throw new InputException(
          "no checkpoint in " + folder + " can be read; remove that folder to train anew (" + problem.getMessage() + ")");
    }
    return Optional.empty();
  }

  private static Safetensors openVerified(Path file) throws IOException {
    Safetensors opened = Safetensors.open(file);
    try {
      Checkpoint.verify(opened);
      return opened;
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** Writes the hyper-parameters of a run that begins. */
  void writeOptions(Hyperparameters hyperparameters) throws IOException {
    AtomicFile.writeText(options(), Json.pretty(hyperparameters) + "\n");
  }

  /** The hyper-parameters of the run in this folder; empty if there is none. */
  public Optional<Hyperparameters> readOptions() throws IOException {
    if (!Files.exists(options())) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.mapper().readValue(Files.readAllBytes(options()), Hyperparameters.class));
    } catch (JsonProcessingException e) {
      throw InputException.in(options(), "cannot be read: " + e.getOriginalMessage());
    }
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
