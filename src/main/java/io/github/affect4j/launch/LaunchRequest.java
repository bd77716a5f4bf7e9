package io.github.affect4j.launch;

import java.util.List;

/**
 * What to start.
 *
 * @param ranks processes, at least 1
 * @param maxRestarts how often all ranks may be started anew after one was lost, at least 0
 * @param command {@code train} and its options
 */
public record LaunchRequest(int ranks, int maxRestarts, List<String> command) {
  public LaunchRequest {
    command = List.copyOf(command);
  }

  /** The command of a restart: it goes on from the last checkpoint, whatever the user said at first. */
  LaunchRequest resumed() {
    if (command.contains("--resume")) {
      return this;
    }
    List<String> resuming = new java.util.ArrayList<>(command);
    resuming.add("--resume");
    return new LaunchRequest(ranks, maxRestarts, resuming);
  }
}
