package io.github.affect4j.data;

/**
 * An image that cannot be used.
 *
 * @param image path as the list names it
 * @param kind what is wrong
 * @param detail one sentence fragment for people, empty if the kind says it all
 */
public record BadImage(String image, Kind kind, String detail) {
  /** Why an image is unusable. Shards store the position in this list: append only. */
  public enum Kind {
    /** No such file. */
    MISSING("missing"),
    /** Truncated, damaged, not a JPEG, or unreadable. */
    CORRUPT("corrupt"),
    /** A good image, but not of the size of the others. */
    WRONG_SIZE("wrong size");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** Name for reports. */
    public String label() {
      return label;
    }
  }

  /** Kind and detail, as the quarantine file has them. */
  public String reason() {
    return detail.isEmpty() ? kind.label() : kind.label() + ": " + detail;
  }
}
