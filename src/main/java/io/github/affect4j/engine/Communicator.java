package io.github.affect4j.engine;

import io.github.affect4j.engine.internal.Handle;
import io.github.affect4j.engine.internal.Native;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * The connections between the ranks that train one model together. All ranks call the same methods
 * in the same order. A rank that ends, or does not take part within the time-out, is an {@link
 * EngineException} of the kind PEER_LOST on the others, whose message names it; the communicator is
 * then of no use any more. Used by one thread at a time.
 */
public final class Communicator implements AutoCloseable {
  private final Handle handle;
  private final Rank rank;

  /**
   * Joins the others; returns when all are there.
   *
   * @param timeoutSeconds longest wait for another rank, here and later, at least 1
   * @throws EngineException of kind INVALID_ARGUMENT on all ranks if they differ in the world size,
   *     or two have the same index; PEER_LOST if one does not come
   */
  public Communicator(Rank rank, int timeoutSeconds) {
    this.handle =
        Native.newCommunicator(
            rank.address(), rank.port(), rank.externalStore(), rank.attempt(), rank.index(), rank.worldSize(),
            timeoutSeconds);
    this.rank = rank;
  }

  /** This process's place among them. */
  public Rank rank() {
    return rank;
  }

  /**
   * Refuses to go on unless all ranks have the same value.
   *
   * @param what a noun for the message, asked about once
   * @throws EngineException of kind INVALID_ARGUMENT on all ranks, naming the first that differs
   */
  public void requireSame(String what, String value) {
    Native.requireSame(handle, what, value);
  }

  /** Replaces the remaining content of a direct buffer by rank 0's. */
  public void broadcast(ByteBuffer data) {
    Native.broadcast(handle, data);
  }

  /** Replaces the remaining content of a direct buffer by its sum over all ranks, the same bits on each. */
  public void sum(FloatBuffer values) {
    Native.sum(handle, values);
  }

  Handle handle() {
    return handle;
  }

  /** Leaves. Refused with an IllegalStateException while a {@link Trainer} uses it. */
  @Override
  public void close() {
    handle.close();
  }
}
