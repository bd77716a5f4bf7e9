package io.github.affect4j.fusion;

import io.github.affect4j.io.InputException;
import io.github.affect4j.task.Task;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The predictions of the paper's four models for the same rows.
 *
 * @param single raw predictions of the single-task model of each task
 * @param multi raw predictions of the multi-task model
 */
public record FourModels(Map<Task, RawPredictions> single, RawPredictions multi) {

  /**
   * @throws IllegalArgumentException if a head is missing or the rows differ
   */
  public FourModels {
    single = Map.copyOf(single);
    for (Task task : Task.values()) {
      RawPredictions predictions = single.get(task);
      if (predictions == null || !predictions.has(task) || !multi.has(task)) {
        throw new IllegalArgumentException("a " + task.label() + " head is missing");
      }
      if (!predictions.images().equals(multi.images())) {
        throw new IllegalArgumentException("the rows of the " + task.label() + " model are others");
      }
    }
  }

  /**
   * Reads four raw prediction files.
   *
   * @throws InputException naming file and line if a file is not one, lacks its head, or its rows
   *     are not those of the multi-task file
   */
  public static FourModels read(Map<Task, Path> single, Path multi) {
    RawPredictions multiTask = RawPredictionFile.read(multi);
    Map<Task, RawPredictions> singleTask = new EnumMap<>(Task.class);
    for (Task task : Task.values()) {
      Path file = single.get(task);
      RawPredictions predictions = RawPredictionFile.read(file);
      requireHead(multi, multiTask, task);
      requireHead(file, predictions, task);
      RowOrder.requireSame(file, predictions.images(), multi, multiTask.images());
      singleTask.put(task, predictions);
    }
    return new FourModels(singleTask, multiTask);
  }

  /** Image paths of the rows. */
  public List<String> images() {
    return multi.images();
  }

  private static void requireHead(Path file, RawPredictions predictions, Task task) {
    if (!predictions.has(task)) {
      throw InputException.in(
          file, "expected logits of the task " + task.label() + ", but it has only those of "
              + predictions.tasks().stream().map(Task::label).toList() + "; predict with a model that has this head");
    }
  }
}
