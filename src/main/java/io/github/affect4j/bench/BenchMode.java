package io.github.affect4j.bench;

/** What is measured. */
public enum BenchMode {
  /** Whole training steps: augmentation, forward, losses, backward, Adam. */
  TRAIN,
  /** Inference with running statistics. */
  PREDICT
}
