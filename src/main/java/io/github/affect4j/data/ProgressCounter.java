package io.github.affect4j.data;

import java.util.concurrent.atomic.AtomicInteger;

/** Joins the counts of many threads into calls of one progress listener. */
public final class ProgressCounter {
  private static final int STRIDE = 64;

  private final DecodeProgress listener;
  private final int total;
  private final AtomicInteger done = new AtomicInteger();
  private int told;

  /** Counts up to {@code total}. */
  public ProgressCounter(DecodeProgress listener, int total) {
    this.listener = listener;
    this.total = total;
  }

  /** One more image is done; called by any thread. */
  public void oneDone() {
    int now = done.incrementAndGet();
    if (now % STRIDE == 0 || now == total) {
      tell(now);
    }
  }

  private synchronized void tell(int now) {
    if (now > told) { // another thread may have come with a later count first
      told = now;
      listener.update(now, total);
    }
  }
}
