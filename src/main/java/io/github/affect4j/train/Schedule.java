package io.github.affect4j.train;

/** How the learning rate changes over the updates of a run. */
public enum Schedule {
  /** The same rate throughout, as in the paper. */
  CONSTANT,
  /** Half a cosine wave from the rate down to 0, which the update after the run's last one would have. */
  COSINE;

  /**
   * The rate of one update: a linear warm-up to {@code peak}, then the schedule.
   *
   * @param step update, counted from 0
   * @param total updates of the whole run
   */
  public double rate(double peak, long warmup, long step, long total) {
    if (step < warmup) {
      return peak * (step + 1) / warmup;
    }
    if (this == CONSTANT || total <= warmup) {
      return peak;
    }
    double done = Math.min(1, (double) (step - warmup) / (total - warmup));
    return peak * 0.5 * (1 + Math.cos(Math.PI * done));
  }
}
