package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {
  @TempDir Path dir;

  /** A process that has a lock until a line comes. */
  public static void main(String[] arguments) throws IOException {
    LockFile lock = LockFile.await(Path.of(arguments[0]));
    try (lock) {
      System.out.println("locked");
      System.in.read();
    }
  }

  private static Process holder(Path guarded) throws IOException {
    Process process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), LockFileTest.class.getName(), guarded.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertEquals("locked", process.inputReader().readLine());
    return process;
  }

  @Test
  void keepsOtherProcessesOutUntilItEndsAndIsGoneThen() throws Exception {
    Path guarded = dir.resolve("new/t");
    Process holder = holder(guarded);
    assertTrue(LockFile.attempt(guarded).isEmpty());
    CompletableFuture<LockFile> waiting = CompletableFuture.supplyAsync(() -> await(guarded));
    assertFalse(waiting.isDone());
    holder.outputWriter().append('\n').flush();
    waiting.get(60, TimeUnit.SECONDS).close();
    assertEquals(0, holder.waitFor());
    assertEquals(0, guarded.getParent().toFile().list().length);
  }

  @Test
  void endsWithAKilledProcess() throws Exception {
    Path guarded = dir.resolve("t");
    holder(guarded).destroyForcibly().waitFor();
    LockFile lock = LockFile.attempt(guarded).orElseThrow();
    assertTrue(LockFile.attempt(guarded).isEmpty(), "this process has it");
    lock.close();
    assertEquals(0, dir.toFile().list().length);
  }

  private static LockFile await(Path guarded) {
    try {
      return LockFile.await(guarded);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
