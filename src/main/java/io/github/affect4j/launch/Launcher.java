package io.github.affect4j.launch;

import io.github.affect4j.io.Progress;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * Runs the ranks of one training on this machine. When one is lost, the others are ended and all
 * start anew from the last checkpoint. SIGINT and SIGTERM are passed on (as SIGTERM), the ranks save,
 * and this process ends after them with the usual code, 130 or 143, or with that of a rank that failed or
 * was killed.
 */
public final class Launcher {
  /** Ranks need some seconds to find out which of them was lost, and to tell. */
  private static final int TELL_SECONDS = 10;

  /** A checkpoint that is being written should become whole. */
  private static final int SAVE_SECONDS = 60;

  private final Progress progress;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile boolean interrupted;
  private volatile RankProcesses ranks;

  /**
   * For one {@link #run}.
   *
   * @param progress is told of lost ranks and restarts
   */
  public Launcher(Progress progress) {
    this.progress = progress;
  }

  /**
   * Runs until training is done, cannot go on, or is interrupted.
   *
   * @return the exit code: 0, or that of the rank that failed
   */
  public int run(LaunchRequest request) throws IOException {
    Thread hook = new Thread(this::passSignalOn, "affect4j-signal");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return supervise(request);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while ranks run", e);
    } finally {
      if (ranks != null) {
        ranks.kill();
      }
      done.countDown();
      remove(hook);
    }
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The shutdown has begun: the hook finds the latch open.
    }
  }

  private void passSignalOn() {
    interrupted = true;
    RankProcesses running = ranks;
    if (running != null) {
      running.terminate();
    }
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int supervise(LaunchRequest request) throws IOException, InterruptedException {
    LaunchRequest attempt = request;
    for (int restarts = 0; ; restarts++) {
      ranks = RankProcesses.start(attempt, restarts);
      Optional<RankExit> failure = await();
      if (interrupted) {
        return codeAfterSignal();
      }
      if (failure.isEmpty()) {
        return 0;
      }
      if (!failure.get().mayRestart() || restarts == request.maxRestarts()) {
        progress.say(failure.get() + "; all ranks have ended"
            + (failure.get().mayRestart() ? " after " + restarts + " restarts" : ""));
        return failure.get().code();
      }
      progress.say(failure.get() + "; restart " + (restarts + 1) + " of " + request.maxRestarts()
          + " from the last checkpoint");
      attempt = request.resumed();
    }
  }

  /** Does not return if a rank has failed or was killed: the end that the hook delays would have the signal's code. */
  private int codeAfterSignal() {
    Optional<RankExit> failure = ranks.firstFailure(); // those that ended last took longest to save
    failure.filter(exit -> !exit.mayFollowSignal()).ifPresent(exit -> Runtime.getRuntime().halt(exit.code()));
    return failure.map(RankExit::code).orElse(0);
  }

  /** Waits for the end of all ranks; when one fails, the others get time to tell why, and to save. */
  private Optional<RankExit> await() throws InterruptedException {
    if (interrupted) {
      ranks.terminate(); // the signal may have come while they were started
    }
    ranks.awaitEndOrFailure();
    ranks.awaitEnd(TELL_SECONDS);
    Optional<RankExit> failure = ranks.firstFailure();
    ranks.terminate();
    ranks.awaitEnd(SAVE_SECONDS);
    ranks.kill();
    return failure;
  }
}
