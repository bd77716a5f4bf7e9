package io.github.affect4j.engine;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Printable;
import java.util.Map;
import java.util.Optional;

/**
 * This process's place among the processes ("ranks") that train one model together, as {@code
 * torchrun}, Kubeflow's PyTorchJob and {@code affect4j launch} tell it by environment variables.
 *
 * @param index RANK, from 0 to worldSize - 1; rank 0 leads
 * @param worldSize WORLD_SIZE, at least 2
 * @param localWorldSize LOCAL_WORLD_SIZE, ranks on this machine, which share its processors; 1 if unset
 * @param address MASTER_ADDR, where the ranks' key-value store is
 * @param port MASTER_PORT
 * @param externalStore TORCHELASTIC_USE_AGENT_STORE: the launcher keeps the store, not rank 0
 * @param attempt TORCHELASTIC_RESTART_COUNT, which tells the ranks of a restart from those before
 */
public record Rank(
    int index, int worldSize, int localWorldSize, String address, int port, boolean externalStore, String attempt) {

  /**
   * Reads the place.
   *
   * @return empty if the process trains alone: no RANK and WORLD_SIZE, or a WORLD_SIZE of 1
   * @throws InputException if variables are missing or not in range
   */
  public static Optional<Rank> of(Map<String, String> environment) {
    if (!environment.containsKey("RANK") && !environment.containsKey("WORLD_SIZE")) {
      return Optional.empty();
    }
    int worldSize = number(environment, "WORLD_SIZE", null, 1, 1 << 20);
    int index = number(environment, "RANK", null, 0, worldSize - 1);
    if (worldSize == 1) {
      return Optional.empty();
    }
    return Optional.of(
        new Rank(
            index,
            worldSize,
            number(environment, "LOCAL_WORLD_SIZE", "1", 1, worldSize),
            text(environment, "MASTER_ADDR", null),
            number(environment, "MASTER_PORT", null, 1, 65535),
            environment.getOrDefault("TORCHELASTIC_USE_AGENT_STORE", "").equalsIgnoreCase("true"),
            environment.getOrDefault("TORCHELASTIC_RESTART_COUNT", "0")));
  }

  /**
   * Index of this process among those on its machine, from 0: LOCAL_RANK, which torchrun and {@code
   * affect4j launch} set; 0 if it is not set.
   *
   * @throws InputException if it is no such number
   */
  public static int localIndex(Map<String, String> environment) {
    return number(environment, "LOCAL_RANK", "0", 0, 999);
  }

  /** Threads for each of the ranks that share this machine's processors, at least 1. */
  public int threads(int processors) {
    return Math.max(1, processors / localWorldSize);
  }

  private static String text(Map<String, String> environment, String name, String absent) {
    String value = environment.getOrDefault(name, absent);
    if (value == null || value.isBlank()) {
      throw new InputException(
          "RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT go together, but " + name
              + " is not set; start ranks with 'affect4j launch' or torchrun, or unset them all");
    }
    return value;
  }

  private static int number(Map<String, String> environment, String name, String absent, int smallest, int largest) {
    String value = text(environment, name, absent);
    try {
      int number = Integer.parseInt(value);
      if (number >= smallest && number <= largest) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new InputException(
        "the environment variable " + name + " must be a whole number in " + smallest + ".." + largest + ", not "
            + Printable.quote(value));
  }
}
