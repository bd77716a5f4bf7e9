package io.github.affect4j.eval;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Which rows a task is scored on, when a row is labelled for some tasks only. */
public enum Protocol {
  /** Each task over its own valid rows; each action unit over the rows where it is labelled. */
  EACH,
  /** All tasks over the rows that have valence, arousal, an expression and all 12 action units. */
  ALL;

  /** Lower-case name as used on the command line and in JSON: {@code each}, {@code all}. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
