package io.github.affect4j.fusion;

import java.util.Locale;

/** Where late fusion takes its weighted mean. */
public enum FusionSpace {
  /** On the heads' outputs, as the authors' release does. */
  LOGITS,
  /** After tanh, softmax and sigmoid. */
  PROBABILITIES;

  /** Lower-case name as used on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
