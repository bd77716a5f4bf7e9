package io.github.affect4j.engine;

/**
 * Where a model lives.
 *
 * @param index -1 for the CPU, n for {@code cuda:n}
 */
public record Device(int index) {
  /** The processor of this machine. */
  public static final Device CPU = new Device(-1);

  public Device {
    if (index < -1) {
      throw new IllegalArgumentException("device index " + index + " is below -1");
    }
  }

  /** Reads {@code cpu} or {@code cuda:n}; {@code null} for anything else. */
  public static Device parse(String text) {
    if (text.equals("cpu")) {
      return CPU;
    }
    return text.matches("cuda:\\d{1,3}") ? new Device(Integer.parseInt(text.substring(5))) : null;
  }

  /** {@code cpu} or {@code cuda}, whichever of them. */
  public String kind() {
    return index < 0 ? "cpu" : "cuda";
  }

  @Override
  public String toString() {
    return index < 0 ? kind() : kind() + ":" + index;
  }
}
