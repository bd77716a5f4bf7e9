package io.github.affect4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.affect4j.engine.Communicator;
import io.github.affect4j.engine.Rank;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.io.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The processes that train together, as one of them sees them. Each has a contiguous share of every
 * batch's rows; the leader, rank 0, alone reads and writes checkpoints, logs and reports. For a
 * process alone all rows are its own, and nothing is sent.
 */
final class Team implements AutoCloseable {
  private final Communicator communicator;
  private final Sharing sharing;
  private FloatBuffer scratch = allocate(1);

  private Team(Communicator communicator, Sharing sharing) {
    this.communicator = communicator;
    this.sharing = sharing;
  }

  static Team alone() {
    return new Team(null, Sharing.ALONE);
  }

  /** Joins the other ranks, if there are any; returns when all are there. */
  static Team of(Optional<Rank> rank, RankOptions options) {
    return rank.isEmpty()
        ? alone()
        : new Team(
            new Communicator(rank.get(), options.timeoutSeconds()),
            new Sharing(rank.get().worldSize(), options.syncBn()));
  }

  Sharing sharing() {
    return sharing;
  }

  boolean isAlone() {
    return communicator == null;
  }

  boolean leads() {
    return isAlone() || communicator.rank().index() == 0;
  }

  /** First of this rank's rows among so many. */
  int begin(int rows) {
    return isAlone() ? 0 : share(rows, communicator.rank().index());
  }

  /** End of this rank's rows among so many. Shares differ by one row at most. */
  int end(int rows) {
    return isAlone() ? rows : share(rows, communicator.rank().index() + 1);
  }

  private int share(int rows, int rank) {
    return (int) ((long) rows * rank / sharing.ranks());
  }

  /** Refuses to go on unless all ranks have the same value of a noun. */
  void requireSame(String what, String value) {
    if (!isAlone()) {
      communicator.requireSame(what, value);
    }
  }

  /** Gives the trainer the leader's weights and lets its steps be the team's. */
  void join(Trainer trainer) {
    if (!isAlone()) {
      trainer.join(communicator, sharing.syncBn());
    }
  }

  /** The leader's state on all ranks. */
  TrainingState broadcast(TrainingState state) {
    return isAlone() ? state : read(broadcast(leads() ? write(state) : new byte[0]));
  }

  private byte[] broadcast(byte[] bytes) {
    ByteBuffer length = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(0, bytes.length);
    communicator.broadcast(length);
    ByteBuffer content = ByteBuffer.allocateDirect(length.getInt(0)).put(bytes).clear();
    communicator.broadcast(content);
    byte[] received = new byte[content.remaining()];
    content.get(received);
    return received;
  }

  private static byte[] write(TrainingState state) {
    return Json.pretty(state).getBytes(StandardCharsets.UTF_8);
  }

  private static TrainingState read(byte[] json) {
    try {
      return Json.mapper().readValue(new String(json, StandardCharsets.UTF_8), TrainingState.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("rank 0 sent a state in broken JSON", e);
    }
  }

  /** True on all ranks if it is on one. */
  boolean any(boolean mine) {
    if (isAlone()) {
      return mine;
    }
    FloatBuffer votes = floats(1).put(0, mine ? 1 : 0);
    communicator.sum(votes);
    return votes.get(0) > 0;
  }

  /**
   * Gathers what each rank has for its share of the rows.
   *
   * @param mine [own rows][columns]
   * @return [rows][columns], the same on all ranks
   */
  float[] gather(float[] mine, int rows, int columns) {
    if (isAlone()) {
      return mine;
    }
    // The others' places are 0, so that the sum is exact.
    FloatBuffer all = floats(rows * columns).put(begin(rows) * columns, mine);
    communicator.sum(all);
    float[] gathered = new float[rows * columns];
    all.get(gathered);
    return gathered;
  }

  /** So many zeros in direct memory, which goes back only when the heap is collected: therefore always the same. */
  private FloatBuffer floats(int count) {
    if (scratch.capacity() < count) {
      scratch = allocate(count);
    }
    FloatBuffer zeros = scratch.slice(0, count);
    for (int i = 0; i < count; i++) {
      zeros.put(i, 0);
    }
    return zeros;
  }

  private static FloatBuffer allocate(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  @Override
  public void close() {
    if (!isAlone()) {
      communicator.close();
    }
  }
}
