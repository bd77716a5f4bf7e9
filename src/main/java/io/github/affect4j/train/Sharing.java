package io.github.affect4j.train;

/**
 * How batches are shared out over processes, which decides the weights together with the
 * hyper-parameters.
 *
 * @param ranks processes, at least 1
 * @param syncBn true takes batch norm's statistics over the whole batch, false over each rank's rows
 */
public record Sharing(int ranks, boolean syncBn) {
  /** One process has the whole batch. */
  static final Sharing ALONE = new Sharing(1, false);

  /** Rows of a batch without which batch norm has no variance on some rank. */
  int leastRows() {
    return Math.max(2, syncBn ? ranks : 2 * ranks);
  }

  @Override
  public String toString() {
    return ranks == 1 ? "1 rank" : ranks + " ranks, batch norm over " + (syncBn ? "all of them" : "each one's rows");
  }
}
