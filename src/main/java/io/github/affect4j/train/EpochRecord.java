package io.github.affect4j.train;

/**
 * One line of the metrics log. Losses and accuracies are means over the epoch's augmented training
 * batches; the rest was measured on the validation set. A figure that does not apply is null.
 *
 * @param epoch counted from 1
 * @param steps updates since the start of the run
 * @param learningRate of the epoch's last update
 * @param loss L, total
 * @param lossVa L3
 * @param lossExpr L1
 * @param lossAu L2
 * @param trainExprAccuracy share of expressions classified right
 * @param trainAuAccuracy share of action units classified right
 * @param score what the best checkpoint is chosen by: P, or the task's part of it, under the run's protocol
 * @param cccValence concordance correlation of valence
 * @param cccArousal concordance correlation of arousal
 * @param exprMacroF1 macro F1 of 8 expressions
 * @param auMeanF1 mean F1 of 12 action units
 * @param best true if no earlier epoch has such a score
 * @param seconds wall time of the epoch in the process that ended it
 * @param imagesPerSecond of the training part
 */
public record EpochRecord(
    int epoch,
    long steps,
    double learningRate,
    Double loss,
    Double lossVa,
    Double lossExpr,
    Double lossAu,
    Double trainExprAccuracy,
    Double trainAuAccuracy,
    double score,
    Double cccValence,
    Double cccArousal,
    Double exprMacroF1,
    Double auMeanF1,
    boolean best,
    double seconds,
    double imagesPerSecond) {}
