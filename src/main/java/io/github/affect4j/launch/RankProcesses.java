package io.github.affect4j.launch;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The processes of one attempt: one a rank, with torchrun's environment variables. */
final class RankProcesses {
  private static final long POLL_MILLIS = 50;

  private final List<Process> processes = new ArrayList<>();

  private RankProcesses() {}

  /** Starts this program's own command line with other arguments, once for each rank. */
  static RankProcesses start(LaunchRequest request, int attempt) throws IOException {
    RankProcesses ranks = new RankProcesses();
    int port = freePort();
    try {
      for (int rank = 0; rank < request.ranks(); rank++) {
        ProcessBuilder builder = new ProcessBuilder(commandLine(request.command()));
        builder.environment().putAll(environment(rank, request.ranks(), port, attempt));
        // Standard input stays a pipe: LauncherWatch.
        builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT);
        ranks.processes.add(builder.start());
      }
      return ranks;
    } catch (IOException e) {
      ranks.kill();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static List<String> commandLine(List<String> arguments) {
    List<String> line = new ArrayList<>();
    line.add(System.getProperty("java.home") + "/bin/java");
    line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.github.affect4j.cli.Main"));
    line.addAll(arguments);
    return line;
  }

  private static Map<String, String> environment(int rank, int ranks, int port, int attempt) {
    return Map.of(
        "RANK", "" + rank,
        "LOCAL_RANK", "" + rank,
        "WORLD_SIZE", "" + ranks,
        "LOCAL_WORLD_SIZE", "" + ranks,
        "MASTER_ADDR", "127.0.0.1",
        "MASTER_PORT", "" + port,
        "TORCHELASTIC_RESTART_COUNT", "" + attempt,
        "TORCHELASTIC_USE_AGENT_STORE", "false",
        LauncherWatch.VARIABLE, "1");
  }

  /** Waits until all have ended, or one has failed. */
  void awaitEndOrFailure() throws InterruptedException {
    while (firstFailure().isEmpty() && processes.stream().anyMatch(Process::isAlive)) {
      Thread.sleep(POLL_MILLIS);
    }
  }

  /**
   * Waits until all have ended, but not longer than the time given.
   *
   * @return true if they have
   */
  boolean awaitEnd(int seconds) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    for (Process process : processes) {
      if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        return false;
      }
    }
    return true;
  }

  /** The most telling of the failures so far: a rank's own error before a signal, and that before a lost peer. */
  Optional<RankExit> firstFailure() {
    return exits().stream().filter(exit -> exit.code() != 0).min(RankExit.BY_MEANING);
  }

  private List<RankExit> exits() {
    List<RankExit> exits = new ArrayList<>();
    for (int rank = 0; rank < processes.size(); rank++) {
      if (!processes.get(rank).isAlive()) {
        exits.add(new RankExit(rank, processes.get(rank).exitValue()));
      }
    }
    return exits;
  }

  /** Asks all that live to save and end. */
  void terminate() {
    processes.forEach(Process::destroy);
  }

  /** Ends all that live, stopped ones too. */
  void kill() {
    processes.forEach(Process::destroyForcibly);
    processes.forEach(process -> process.onExit().join());
  }
}
