package io.github.affect4j.train;

import io.github.affect4j.data.EpochOrder;
import io.github.affect4j.engine.Batch;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Fills the batches of one epoch on a thread of its own while the caller trains on the one before.
 * The batches go round: {@link #take} one, use it, {@link #giveBack} it.
 */
public final class BatchFeed implements AutoCloseable {
  private static final long POLL_MILLIS = 100;

  private final BatchFiller filler;
  private final int epoch;
  private final int[] order;
  private final int batchSize;
  private final Team team;
  private final BlockingQueue<Batch> free;
  private final BlockingQueue<Batch> ready;
  private final Thread thread;
  private volatile Throwable failure;

  /**
   * Starts filling.
   *
   * @param rows training rows, in file order
   * @param first batch of the epoch to begin with
   * @param batches native buffers, which stay the caller's
   */
  public BatchFeed(
      BatchFiller filler, Hyperparameters hyperparameters, int epoch, int[] rows, int first, List<Batch> batches) {
    this(filler, hyperparameters, epoch, rows, first, Team.alone(), batches);
  }

  /** The same with this rank's rows of each batch of a team. */
  BatchFeed(
      BatchFiller filler,
      Hyperparameters hyperparameters,
      int epoch,
      int[] rows,
      int first,
      Team team,
      List<Batch> batches) {
    this.filler = filler;
    this.epoch = epoch;
    this.order = EpochOrder.shuffle(hyperparameters.seed(), epoch, rows);
    this.batchSize = hyperparameters.batch();
    this.team = team;
    this.free = new ArrayBlockingQueue<>(batches.size(), false, batches);
    this.ready = new ArrayBlockingQueue<>(batches.size());
    this.thread = new Thread(() -> fillFrom(first), "affect4j-batches");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Batches of an epoch over so many rows. A last one that is too small for batch norm is left out.
   *
   * @param least rows it must have
   */
  static int batches(int rows, int batchSize, int least) {
    return rows / batchSize + (rows % batchSize >= least ? 1 : 0);
  }

  private void fillFrom(int first) {
    try {
      int batches = batches(order.length, batchSize, team.sharing().leastRows());
      for (int index = first; index < batches; index++) {
        Batch batch = free.take();
        int begin = index * batchSize;
        int rows = Math.min(batchSize, order.length - begin);
        filler.fill(batch, epoch, order, begin + team.begin(rows), begin + team.end(rows));
        ready.put(batch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /** The next batch, when it is full. */
  public Batch take() throws InterruptedException {
    while (true) {
      Batch batch = ready.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      if (batch != null) {
        return batch;
      }
      if (failure instanceof RuntimeException e) {
        throw e;
      }
      if (failure != null) {
        throw new IllegalStateException("filling a batch failed", failure);
      }
    }
  }

  /** Lets a used batch be filled again. */
  public void giveBack(Batch batch) {
    free.add(batch);
  }

  /** Stops filling; after this no batch is touched any more. */
  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
