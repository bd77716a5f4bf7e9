package io.github.affect4j.train;

import io.github.affect4j.io.InputException;

/**
 * What several processes that train together need to know.
 *
 * @param syncBn whether batch norm's statistics are over the whole batch, or over each rank's rows
 * @param timeoutSeconds longest wait for another rank; must exceed the time in which rank 0 writes a
 *     checkpoint
 */
public record RankOptions(boolean syncBn, int timeoutSeconds) {
  /** Batch norm per rank, as PyTorch's DistributedDataParallel has it; five minutes. */
  public static final RankOptions DEFAULT = new RankOptions(false, 300);

  /** @throws InputException if the time-out is not positive */
  public RankOptions {
    if (timeoutSeconds < 1) {
      throw new InputException("--rank-timeout must be at least 1, not " + timeoutSeconds);
    }
  }
}
