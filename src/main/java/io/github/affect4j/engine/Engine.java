package io.github.affect4j.engine;

/** What computes the gradients of a training step on the CPU. */
public enum Engine {
  /** The explicit step, with batch norm and ReLU inside its convolutions. */
  FUSED,
  /** libtorch's autograd over unfused operations: slower, and what {@link #FUSED} is tested against. */
  AUTOGRAD
}
