package io.github.affect4j.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Turns SIGINT and SIGTERM into a request to stop. While this is open the signal does not end the
 * process: the work ends its step, saves, and closes this; then the process exits with the usual
 * code of the signal, 130 or 143, and {@link #close} does not return. After a failure the code is 1.
 */
final class Interruption implements BooleanSupplier, AutoCloseable {
  private static final int FAILURE = 1;

  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::request, "affect4j-signal");
  private volatile boolean requested;
  private boolean failed;

  Interruption() {
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      requested = true; // a signal came just before, and is ending the process
    }
  }

  private void request() {
    requested = true;
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** True once the process has been asked to end. */
  @Override
  public boolean getAsBoolean() {
    return requested;
  }

  /** The work has failed, and what it should have saved is not. */
  void fail() {
    failed = true;
  }

  @Override
  public void close() {
    if (requested && failed) {
      Runtime.getRuntime().halt(FAILURE); // the end that the hook delays has the signal's code
    }
    done.countDown();
    while (requested) {
      LockSupport.park();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The shutdown began just now: the hook finds the latch open.
    }
  }
}
