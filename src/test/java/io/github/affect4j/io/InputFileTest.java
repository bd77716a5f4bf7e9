package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputFileTest {
  @TempDir Path dir;

  private static String refused(Path file, int most) {
    String message = assertThrows(InputException.class, () -> InputFile.read(file, "a list", most)).getMessage();
    assertTrue(message.startsWith(file + ": expected a list, but "), message);
    return message.substring((file + ": expected a list, but ").length());
  }

  /** A pipe into which another thread writes. */
  private Path pipe(byte[] bytes) throws IOException, InterruptedException {
    Path pipe = dir.resolve("pipe");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor() == 0, "no mkfifo here");
    Thread writer = new Thread(() -> {
      try (OutputStream out = Files.newOutputStream(pipe)) {
        out.write(bytes);
      } catch (IOException readerHasLeft) {
        throw new UncheckedIOException(readerHasLeft);
      }
    });
    writer.setDaemon(true);
    writer.setUncaughtExceptionHandler((thread, e) -> {});
    writer.start();
    return pipe;
  }

  @Test
  void filesAndPipesAreReadUpToTheLimit() throws Exception {
    Path file = Files.writeString(dir.resolve("f"), "12345678");
    assertEquals(8, InputFile.read(file, "a list", 8).length);
    assertEquals(
        "it cannot be read: it has more than 7 bytes, the most that are read; check the path", refused(file, 7));
    assertEquals(8, InputFile.read(pipe(new byte[8]), "a list", 8).length);
  }

  @Test
  void aPipeWithoutEndIsRefusedAtTheLimit() throws Exception {
    assertTrue(refused(pipe(new byte[1 << 20]), 100_000).contains("it has more than 100000 bytes"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/zero", "/dev/urandom", "/dev/null"})
  void devicesAreRefusedUnread(String device) {
    assumeTrue(Files.exists(Path.of(device)), "no such device here");
    assertEquals("it cannot be read: it is a device", refused(Path.of(device), 10));
  }

  @Test
  void whatIsNoFileIsSaidSo() throws IOException {
    assertEquals("it cannot be read: it is a folder", refused(dir, 10));
    assertEquals("there is no such file; check the path", refused(dir.resolve("no"), 10));
  }

  /** Far above any data set's lists, of which the largest has 15 MB. */
  @Test
  void aTextOfGigabytesIsRefusedUnread() throws IOException {
    Path file = dir.resolve("f");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }
    String message = assertThrows(InputException.class, () -> new TextRows(file, "a list")).getMessage();
    assertTrue(message.startsWith(file + ": expected a list, but it cannot be read: it has more than "), message);
  }

  /** In a process with a small heap; without a bound it would be full. */
  @Test
  void aSmallHeapBoundsTheFileAndIsNamed() throws Exception {
    Path file = Files.write(dir.resolve("f"), new byte[10_000_000]);
    Process process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java", "-Xmx24m", "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), InputFileTest.class.getName(), file.toString())
            .redirectErrorStream(true)
            .start();
    String message = process.inputReader().readLine();
    assertTrue(message.startsWith(file + ": expected a list, but it cannot be read: it has more than "), message);
    assertTrue(message.endsWith("with this Java heap; check the path, or give it more with AFFECT4J_JAVA_OPTS=-Xmx…"),
        message);
  }

  public static void main(String[] arguments) {
    try {
      System.out.println(new TextRows(Path.of(arguments[0]), "a list"));
    } catch (InputException e) {
      new java.io.PrintStream(System.out, true, java.nio.charset.StandardCharsets.UTF_8).println(e.getMessage());
    }
  }

  @Test
  void textMayHoldWhatJavaPutsInPlaceOfOtherBytes() throws IOException {
    Path file = Files.writeString(dir.resolve("f"), "a\uFFFDb\n");
    TextRows rows = new TextRows(file, "a list");
    assertTrue(rows.advance());
    assertEquals("a\uFFFDb", rows.wholeLine());
    Files.write(file, new byte[] {'a', (byte) 0xff, 'b'});
    String message = assertThrows(InputException.class, () -> new TextRows(file, "a list")).getMessage();
    assertEquals(file + ": expected a list in UTF-8 text, but it holds other bytes; save it as UTF-8", message);
  }

  @Test
  void aFieldOfMegabytesLeavesTheSentenceWhole() throws IOException {
    Path file = Files.writeString(dir.resolve("f"), "x".repeat(1_000_000));
    TextRows rows = new TextRows(file, "a list");
    rows.advance();
    String message = assertThrows(InputException.class, () -> rows.number("valence")).getMessage();
    assertEquals(
        file + ":1: expected valence as a finite number, got '" + "x".repeat(80) + "…'", message);
  }
}
