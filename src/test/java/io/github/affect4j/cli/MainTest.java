package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.io.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
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

  @Test
  void whatCannotBePrintedIsAFailure() {
    OutputStream full = new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException("No space left on device");
      }
    };
    Main main = new Main(Commands.all(), new PrintStream(full), new PrintStream(err));
    assertEquals(1, main.run("fuse", "--help"));
    assertTrue(err.toString().startsWith("affect4j: standard output cannot be written"), err.toString());
    assertEquals(2, main.run("fuse"), "a usage error stays one");
  }

  /** Java's way to tell that a page of a mapped file cannot be read. */
  @Test
  void aMappedFileThatCannotBeReadIsOneSentence() {
    assertFails("a memory-mapped file cannot be read (",
        new InternalError("a fault occurred in a recent unsafe memory access operation in compiled Java code"));
  }

  @Test
  void whatJavaCouldNotGetIsNamed() {
    assertFails("the Java heap is full (Java heap space); give it more with ", new OutOfMemoryError("Java heap space"));
    assertFails("Java cannot start another thread; raise what limits threads (ulimit -u, ", new OutOfMemoryError(
        "unable to create native thread: possibly out of memory or process/resource limits reached"));
    assertFails("too little memory or address space outside of Java's heap (Unable to allocate 9437184 bytes); ",
        new OutOfMemoryError("Unable to allocate 9437184 bytes"));
  }

  /** As when the JDK opens its first file, and there may be no more. */
  @Test
  void theCauseOfAClassThatCannotBeginIsTold() {
    assertFails("Too many open files", new ExceptionInInitializerError(new IOException("Too many open files")));
  }

  private void assertFails(String sentence, Error error) {
    Command failing = new Command() {
      @Override
      public String name() {
        return "fail";
      }

      @Override
      public String summary() {
        return "";
      }

      @Override
      public Options options() {
        return new Options();
      }

      @Override
      public List<String> examples() {
        return List.of();
      }

      @Override
      public int run(CommandLine line, PrintStream out) {
        throw error;
      }
    };
    err.reset();
    assertEquals(1, new Main(List.of(failing), new PrintStream(out), new PrintStream(err)).run("fail"));
    assertTrue(err.toString().startsWith("affect4j fail: " + sentence), err.toString());
    assertEquals(1, err.toString().lines().count());
  }

  @Test
  void aHostileNameReachesTheTerminalClean() {
    assertEquals(2, run("\033]0;owned\007" + "x".repeat(100_000)));
    String message = err.toString();
    assertTrue(message.startsWith("affect4j: there is no command '?]0;owned?xxx") && message.length() < 200, message);
    err.reset();
    run("pack", "--stacktrace", "--data", "/no/\033[2J");
    assertTrue(err.toString().contains("InputException: /no/?[2J: expected"), err.toString());
    assertEquals(-1, err.toString().indexOf('\033'));
  }

  @Test
  void textIsCleanedAndJsonStaysExact() throws Exception {
    String name = "a\033[31m\u202eb";
    for (String[] line : new String[][] {{}, {"--json"}}) {
      CommandLine parsed = new DefaultParser().parse(new Options().addOption(null, "json", false, ""), line);
      new Arguments(parsed).print(new PrintStream(out, true, "UTF-8"), Map.of("image", name), () -> name + "\n");
    }
    String[] lines = out.toString("UTF-8").split("\n", 2);
    assertEquals("a?[31m?b", lines[0]);
    assertEquals(name, Json.mapper().readTree(lines[1]).get("image").textValue());
  }

  private int run(String... args) {
    return new Main(Commands.all(), new PrintStream(out), new PrintStream(err)).run(args);
  }
}
