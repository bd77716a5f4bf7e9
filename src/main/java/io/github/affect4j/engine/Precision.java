package io.github.affect4j.engine;

import java.util.Locale;

/** Storage of activations and of their gradients; weights, arithmetic and statistics are fp32 in both. */
public enum Precision {
  FP32,
  BF16;

  /** Lower-case name as used on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
