package io.github.affect4j.launch;

import java.util.Comparator;

/**
 * How a rank ended.
 *
 * @param rank which one
 * @param code its exit code; above 128: the signal that ended it, plus 128
 */
record RankExit(int rank, int code) {
  private static final int SIGNALS = 128;
  private static final int PEER_LOST = 75;
  private static final int INTERRUPTED = SIGNALS + 2;
  private static final int TERMINATED = SIGNALS + 15;

  /**
   * An error of its own says more than the signal that killed another rank, that more than one at which it saved,
   * and that more than its loss.
   */
  static final Comparator<RankExit> BY_MEANING =
      Comparator.comparingInt((RankExit exit) ->
          exit.code() == PEER_LOST ? 3 : exit.hasSaved() ? 2 : exit.code() > SIGNALS ? 1 : 0);

  private boolean hasSaved() {
    return code == INTERRUPTED || code == TERMINATED;
  }

  /** True if it ended as ranks do when they are told to. */
  boolean mayFollowSignal() {
    return code == PEER_LOST || hasSaved();
  }

  /** True if nothing but bad luck speaks against another attempt. */
  boolean mayRestart() {
    return code == PEER_LOST || code > SIGNALS;
  }

  @Override
  public String toString() {
    return "rank " + rank + (code == PEER_LOST ? " lost another rank"
        : code > SIGNALS ? " was ended by signal " + (code - SIGNALS)
        : " failed with exit code " + code);
  }
}
