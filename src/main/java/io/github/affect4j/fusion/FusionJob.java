package io.github.affect4j.fusion;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What {@code affect4j fuse} is asked to do.
 *
 * @param single raw prediction file of each task's single-task model
 * @param multi raw prediction file of the multi-task model
 * @param out raw prediction file to write, or {@code null}
 * @param submission official submission to write, or {@code null}
 * @param weights lambda of each task
 * @param space where the mean is taken
 * @param thresholds thresholds that decide the action units in submission and scores, or {@code null} for 0
 * @param annotations labels of the same rows, or {@code null}
 * @param protocol which labelled rows are scored
 * @param sweep whether to try all lambdas on the annotations
 */
public record FusionJob(
    Map<Task, Path> single,
    Path multi,
    Path out,
    Path submission,
    FusionWeights weights,
    MeanSpace space,
    Path thresholds,
    Path annotations,
    Protocol protocol,
    boolean sweep) {

  /**
   * Reads, checks, fuses, scores, and writes last, so that a failure leaves nothing behind.
   *
   * @throws io.github.affect4j.io.InputException if an input file is not what it should be, or the annotations
   *     have no row to score
   */
  public FusionReport run() throws IOException {
    FourModels models = FourModels.read(single, multi);
    AuThresholds decision = AuThresholds.readOrZero(thresholds);
    Scoring scoring =
        annotations == null ? null : Scoring.read(annotations, multi, models.multi(), decision, protocol);
    PredictionFiles.requireWritable(out, submission);
    RawPredictions fused = LateFusion.fuse(models, weights, space);
    FusionReport report =
        new FusionReport(
            fused.size(),
            weights,
            space.label(),
            PredictionFiles.name(thresholds),
            PredictionFiles.name(out),
            PredictionFiles.name(submission),
            scoring == null ? null : FusionComparison.of(models, fused, scoring),
            scoring == null || !sweep ? null : FusionSweep.of(models, space, scoring));
    PredictionFiles.write(out, submission, fused, decision);
    return report;
  }
}
