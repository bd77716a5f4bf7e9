package io.github.affect4j.train;

import io.github.affect4j.io.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Where a run stands: all that a resume needs besides tensors. Written to the checkpoint as JSON.
 *
 * @param version of this format, {@value #VERSION}
 * @param model va, expr, au or mtl
 * @param hyperparameters of the run
 * @param data fingerprint of labels, usable images and pixels
 * @param epoch completed and validated epochs
 * @param batch batches of the current epoch that are done
 * @param adamSteps Adam's t
 * @param meter sums of the current epoch
 * @param history one record a completed epoch; the metrics log is written from it
 * @param sharing how batches were shared out; in files from before there were ranks: not at all
 * @param device cpu or cuda, where it was computed; null in files from before this was kept
 */
public record TrainingState(
    int version,
    String model,
    Hyperparameters hyperparameters,
    String data,
    int epoch,
    int batch,
    long adamSteps,
    double[] meter,
    List<EpochRecord> history,
    Sharing sharing,
    String device) {

  static final int VERSION = 1;

  /** @throws InputException if a component, as read from a file, is missing or impossible */
  public TrainingState {
    require(model != null, "model");
    require(hyperparameters != null, "hyperparameters");
    require(data != null, "data");
    require(epoch >= 0, "epoch");
    require(batch >= 0, "batch");
    require(adamSteps >= 0, "adam_steps");
    require(meter != null && meter.length == LossMeter.SIZE, "meter");
    require(
        history != null && history.size() == epoch && history.stream().allMatch(Objects::nonNull), "history");
    history = List.copyOf(history);
    sharing = sharing == null ? Sharing.ALONE : sharing;
  }

  private static void require(boolean holds, String component) {
    if (!holds) {
      throw new InputException("its '" + component + "' is missing or impossible");
    }
  }

  /** The state before the first update. */
  static TrainingState initial(String model, Hyperparameters hyperparameters, String data) {
    return new TrainingState(
        VERSION, model, hyperparameters, data, 0, 0, 0, new LossMeter().state(), List.of(), Sharing.ALONE, null);
  }

  TrainingState with(Hyperparameters others, Sharing otherSharing, String otherDevice) {
    return new TrainingState(
        version, model, others, data, epoch, batch, adamSteps, meter, history, otherSharing, otherDevice);
  }

  /** After some batches of the current epoch. */
  TrainingState afterBatches(int done, long steps, LossMeter sums) {
    return new TrainingState(
        version, model, hyperparameters, data, epoch, done, steps, sums.state(), history, sharing, device);
  }

  /** After an epoch's validation. */
  TrainingState afterEpoch(EpochRecord record) {
    List<EpochRecord> longer = new ArrayList<>(history);
    longer.add(record);
    return new TrainingState(
        version, model, hyperparameters, data, epoch + 1, 0, adamSteps, new LossMeter().state(), longer, sharing,
        device);
  }

  /** The best epoch so far, the earliest of equals; null before the first. */
  public EpochRecord best() {
    EpochRecord best = null;
    for (EpochRecord record : history) {
      best = best == null || record.score() > best.score() ? record : best;
    }
    return best;
  }

  /** True after the last epoch, or when patience has run out. */
  public boolean finished() {
    return epoch >= hyperparameters.epochs() || stoppedEarly();
  }

  /** True if the last {@code patience} epochs brought no better score. */
  public boolean stoppedEarly() {
    int patience = hyperparameters.patience();
    return patience > 0 && !history.isEmpty() && epoch - best().epoch() >= patience;
  }
}
