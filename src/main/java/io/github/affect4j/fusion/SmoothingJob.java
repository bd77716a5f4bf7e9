package io.github.affect4j.fusion;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What {@code affect4j smooth} is asked to do.
 *
 * @param predictions raw prediction file
 * @param out raw prediction file to write, or {@code null}
 * @param submission official submission to write, or {@code null}
 * @param sigmas width of each task's filter
 * @param space where the mean over frames is taken
 * @param thresholds thresholds that decide the action units in submission and scores, or {@code null} for 0
 * @param annotations labels of the same rows, or {@code null}
 * @param protocol which labelled rows are scored
 * @param sweep whether to try several sigmas on the annotations
 */
public record SmoothingJob(
    Path predictions,
    Path out,
    Path submission,
    Sigmas sigmas,
    MeanSpace space,
    Path thresholds,
    Path annotations,
    Protocol protocol,
    boolean sweep) {

  /**
   * Reads, checks, smooths, scores, and writes last, so that a failure leaves nothing behind.
   *
   * @throws InputException if an input file is not what it should be, or lacks a task that is to be smoothed, or
   *     the annotations have no row to score
   */
  public SmoothingReport run() throws IOException {
    RawPredictions unsmoothed = RawPredictionFile.read(predictions);
    requireHeads(unsmoothed);
    AuThresholds decision = AuThresholds.readOrZero(thresholds);
    Scoring scoring = annotations == null
        ? null
        : Scoring.read(annotations, predictions, unsmoothed, decision, protocol);
    PredictionFiles.requireWritable(out, submission);
    TemporalSmoothing smoothing = new TemporalSmoothing(unsmoothed, space, predictions);
    RawPredictions smoothed = smoothing.smooth(sigmas);
    SmoothingReport report =
        new SmoothingReport(
            unsmoothed.size(),
            smoothing.videos(),
            sigmas,
            space.label(),
            PredictionFiles.name(thresholds),
            PredictionFiles.name(out),
            PredictionFiles.name(submission),
            scoring == null
                ? null
                : SmoothingComparison.of(unsmoothed, sigmas.equals(Sigmas.NONE) ? null : smoothed, scoring),
            scoring == null || !sweep ? null : SmoothingSweep.of(smoothing, scoring));
    PredictionFiles.write(out, submission, smoothed, decision);
    return report;
  }

  private void requireHeads(RawPredictions unsmoothed) {
    for (Task task : Task.values()) {
      if (sigmas.of(task) != null && !unsmoothed.has(task)) {
        throw lacking(unsmoothed, task, "--" + task.label());
      }
    }
    if (thresholds != null && !unsmoothed.has(Task.AU)) {
      throw lacking(unsmoothed, Task.AU, "--thresholds");
    }
  }

  private InputException lacking(RawPredictions unsmoothed, Task task, String option) {
    return InputException.in(
        predictions, "expected logits of the task " + task.label() + ", but it has only those of "
            + unsmoothed.tasks().stream().map(Task::label).toList() + "; leave out " + option);
  }
}
