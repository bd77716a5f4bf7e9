package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void tellsItsVersion() {
    assertEquals(0, run("--version"));
    assertTrue(out.toString().matches("affect4j \\d+\\.\\d+\\.\\d+.*\\R"), out.toString());
  }

  @Test
  void anUnknownCommandIsAUsageError() {
    assertEquals(2, run("trian"));
    assertEquals("affect4j: there is no command 'trian'; 'affect4j --help' lists them", err.toString().strip());
  }

  /** More processors than --threads allows. */
  @Test
  void helpNeedsNoSmallMachine() throws Exception {
    CommandLineProcess help = CommandLineProcess.start(
        Map.of("JAVA_TOOL_OPTIONS", "-XX:ActiveProcessorCount=2000 -XX:+UseSerialGC"), List.of("train", "--help"));
    assertEquals(0, help.await(), help.error());
  }

  private int run(String... args) {
    return new Main(Commands.all(), new PrintStream(out), new PrintStream(err)).run(args);
  }
}
