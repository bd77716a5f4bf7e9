package io.github.affect4j.train;

/**
 * What prediction came to.
 *
 * @param model va, expr, au or mtl
 * @param rows predicted, in list order
 * @param substituted rows whose image was missing or corrupt and that have a substitute's prediction
 * @param out raw predictions; null if not asked for
 * @param submission official submission; null if not asked for
 */
public record PredictionReport(String model, int rows, int substituted, String out, String submission) {}
