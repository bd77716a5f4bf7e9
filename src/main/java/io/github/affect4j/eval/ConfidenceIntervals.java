package io.github.affect4j.eval;

/**
 * Bootstrap intervals of P and its parts; a part that is not predicted is {@code null}.
 *
 * @param level confidence level, 0.95
 * @param resamples number of bootstrap resamples
 * @param seed seed of the resampling
 * @param videos number of videos resampled
 */
public record ConfidenceIntervals(
    double level,
    int resamples,
    long seed,
    int videos,
    Interval p,
    Interval meanCcc,
    Interval cccValence,
    Interval cccArousal,
    Interval macroF1,
    Interval meanF1) {}
