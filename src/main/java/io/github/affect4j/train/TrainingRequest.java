package io.github.affect4j.train;

import io.github.affect4j.engine.Device;
import io.github.affect4j.task.ModelSpec;
import java.nio.file.Path;
import java.util.List;

/**
 * What to train, from what, and where to keep it. Nothing here changes the resulting weights but
 * the hyper-parameters and the data.
 *
 * @param data data set folder
 * @param out output folder; each model has a {@link RunFolder} in it
 * @param cache folder of the decoded images
 * @param specs the models, trained one after another on one decoded data set
 * @param hyperparameters the same for all models
 * @param device where to compute
 * @param resident whether the training images are kept on that device; changes no result
 * @param resume true continues what is in the output folder, false refuses to touch it
 * @param checkpointBatches batches after which a checkpoint is written; 0: not by number
 * @param checkpointSeconds seconds after which a checkpoint is written; 0: not by time. One is
 *     written after each epoch in any case.
 */
public record TrainingRequest(
    Path data,
    Path out,
    Path cache,
    List<ModelSpec> specs,
    Hyperparameters hyperparameters,
    Device device,
    Resident resident,
    boolean resume,
    int checkpointBatches,
    int checkpointSeconds) {
  public TrainingRequest {
    specs = List.copyOf(specs);
  }

  /** True if these are reports of all the models, each trained to its end. */
  public boolean isFinished(List<ModelReport> reports) {
    return reports.size() == specs.size() && reports.stream().allMatch(ModelReport::finished);
  }
}
