package io.github.affect4j.eval;

/**
 * Valence-arousal scores.
 *
 * @param rows rows used: those with both labels
 * @param meanCcc (CCC of valence + CCC of arousal) / 2, this task's part of P
 * @param cccValence concordance correlation coefficient of valence, in [-1, 1]
 * @param cccArousal concordance correlation coefficient of arousal, in [-1, 1]
 */
public record VaScores(long rows, double meanCcc, double cccValence, double cccArousal) {}
