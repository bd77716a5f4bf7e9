package io.github.affect4j.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.affect4j.engine.internal.Handle;
import io.github.affect4j.engine.internal.Native;
import io.github.affect4j.io.Json;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Trains a {@link Model}: forward, losses, backward and Adam in one native call a batch. The model
 * stays the caller's and must be closed after the trainer.
 */
public final class Trainer implements AutoCloseable {
  /** What a trainer holds for each trainable tensor. */
  public enum State {
    /** Gradient of the last step. */
    GRADIENT,
    /** Adam's first moment. */
    ADAM_M,
    /** Adam's second moment. */
    ADAM_V
  }

  private final Handle handle;
  private final Model model;
  private final double[] values = new double[StepReport.VALUES];

  /**
   * A trainer before its first update, on the model's device.
   *
   * @throws EngineException of kind INVALID_ARGUMENT if an option is out of its range, OUT_OF_MEMORY if
   *     gradients and moments do not fit
   */
  public Trainer(Model model, TrainerOptions options) {
    this.handle =
        Native.newTrainer(
            model.handle(),
            options.classWeights(),
            options.focalGamma(),
            options.weightedMean(),
            options.beta1(),
            options.beta2(),
            options.epsilon(),
            options.weightDecay());
    this.model = model;
  }

  /** The model that it trains. */
  public Model model() {
    return model;
  }

  /**
   * From now on a batch is what all ranks' rows make together: losses, gradients and what {@link
   * #read()} reports are those of the whole batch, and all ranks make the same update. Rank 0's
   * weights, running statistics, Adam state and step count go to all.
   *
   * @param communicator must be closed after the trainer
   * @param syncNorm true takes batch norm's statistics over the whole batch (a rank may then have one
   *     row), false over each rank's own rows
   */
  public void join(Communicator communicator, boolean syncNorm) {
    Native.join(handle, communicator.handle(), syncNorm);
  }

  /** Rank 0's running statistics to all ranks; needed where batch norm is not synchronised. */
  public void shareStatistics() {
    Native.shareStatistics(handle);
  }

  /**
   * Sets whether this rank wishes to stop, which travels with its next step.
   *
   * @return how many ranks wished so in the last step, the same number on all
   */
  public int stopWishes(boolean wish) {
    return Native.stopWishes(handle, wish);
  }

  /**
   * Chooses what computes the gradients of the following steps, on the CPU and before {@link #join}.
   * Without this call it is {@link Engine#AUTOGRAD} if the environment has {@code
   * AFFECT4J_ENGINE=autograd}, else {@link Engine#FUSED}.
   */
  public void engine(Engine engine) {
    Native.engine(handle, engine.ordinal());
  }

  /** One update from the batch's rows (at least 2; see {@link #join}). Does not wait for a GPU. */
  public void step(Batch batch, float learningRate) {
    Native.step(handle, batch.handle(), batch.rows(), learningRate);
  }

  /** Waits for the last step and returns what it measured. */
  public StepReport read() {
    Native.readStep(handle, values);
    return StepReport.of(values);
  }

  /** Times each operation of the following steps, which costs nothing that shows in a step's time. */
  public void profile(boolean on) {
    Native.profile(handle, on);
  }

  /** The operations of the last step, in its order; empty unless profiling is on. */
  public List<OperationTime> profile() {
    try {
      return List.of(Json.mapper().readValue(Native.profile(handle), OperationTime[].class));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the native layer writes its profile in broken JSON", e);
    }
  }

  /** Updates made so far, Adam's t. */
  public long steps() {
    return Native.steps(handle);
  }

  /** Restores Adam's t after a resume. */
  public void steps(long steps) {
    Native.steps(handle, steps);
  }

  /** Copies a state tensor into the remaining space of a direct buffer. */
  public void read(State state, TensorInfo tensor, FloatBuffer destination) {
    Native.readState(handle, state.ordinal(), tensor.index(), destination);
  }

  /** Restores a state tensor from the remaining content of a direct buffer. */
  public void write(State state, TensorInfo tensor, FloatBuffer source) {
    Native.writeState(handle, state.ordinal(), tensor.index(), source);
  }

  @Override
  public void close() {
    handle.close();
  }
}
