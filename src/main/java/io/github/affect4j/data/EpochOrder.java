package io.github.affect4j.data;

/** The order in which an epoch visits its rows. */
public final class EpochOrder {
  // Keeps the stream apart from those of the rows' crops, which use row numbers from 0 up.
  private static final long STREAM = -1;

  private EpochOrder() {}

  /**
   * Fisher-Yates shuffle of the rows, a pure function of (seed, epoch, rows): the order after a
   * resume is the order before it.
   *
   * @return a new array
   */
  public static int[] shuffle(long seed, int epoch, int[] rows) {
    long key = CounterRandom.key(seed, epoch, STREAM);
    int[] order = rows.clone();
    for (int i = order.length - 1; i > 0; i--) {
      int j = CounterRandom.below(key, i, i + 1);
      int row = order[i];
      order[i] = order[j];
      order[j] = row;
    }
    return order;
  }
}
