package io.github.affect4j.io;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import org.junit.jupiter.api.function.Executable;

/** A disk that is full, as far as this process sees: the kernel refuses it files beyond a size. */
public final class FullDisk {
  private FullDisk() {}

  /** Runs the work while no file may be written beyond {@code bytes}. */
  public static void during(long bytes, Executable work) throws IOException, InterruptedException {
    assumeTrue(limit("" + bytes), "no prlimit here");
    try {
      work.execute();
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    } finally {
      limit("unlimited");
    }
  }

  private static boolean limit(String bytes) throws IOException, InterruptedException {
    String pid = "--pid=" + ProcessHandle.current().pid();
    return new ProcessBuilder("prlimit", pid, "--fsize=" + bytes + ":").inheritIO().start().waitFor() == 0;
  }
}
