package io.github.affect4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The command line in a process of its own, with this process's class path. */
public final class CommandLineProcess {
  private final Process process;
  private final Path output;
  private final Path error;

  private CommandLineProcess(Process process, Path output, Path error) {
    this.process = process;
    this.output = output;
    this.error = error;
  }

  public static CommandLineProcess start(Map<String, String> environment, List<String> arguments) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(System.getProperty("java.home") + "/bin/java");
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-D"))
        .forEach(line::add);
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    line.addAll(arguments);
    Path output = temporary("out");
    Path error = temporary("err");
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectOutput(output.toFile()).redirectError(error.toFile());
    builder.environment().putAll(environment);
    return new CommandLineProcess(builder.start(), output, error);
  }

  private static Path temporary(String suffix) throws IOException {
    Path file = Files.createTempFile("affect4j", "." + suffix);
    file.toFile().deleteOnExit();
    return file;
  }

  /** A port that nobody listened on a moment ago. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Waits for the end and returns the exit code. */
  public int await() throws InterruptedException {
    return process.waitFor();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public String output() {
    return read(output);
  }

  public String error() {
    return read(error);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The processes it has started, oldest first. */
  public List<ProcessHandle> children() {
    return process.children().sorted(Comparator.comparingLong(ProcessHandle::pid)).toList();
  }

  /** SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
  }

  /** Any signal, by its name without SIG. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, "" + process.pid()).inheritIO().start().waitFor();
  }
}
