package io.github.affect4j.engine;

import java.util.Locale;

/** Element type of activations and working weights; masters and statistics are fp32 in both. */
public enum Precision {
  FP32,
  BF16;

  /** Lower-case name as used on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
