package io.github.affect4j.engine;

/** The native layer refused or failed; the message is one sentence. */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why it failed. */
  public enum Kind {
    INVALID_ARGUMENT,
    OUT_OF_MEMORY,
    UNSUPPORTED,
    INTERNAL,
    /** Another rank ended, or did not take part in time; new processes may go on from the last checkpoint. */
    PEER_LOST
  }

  private final Kind kind;

  /**
   * A failure.
   *
   * @param message one sentence: what was expected, what came
   */
  public EngineException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** Why it failed. */
  public Kind kind() {
    return kind;
  }
}
