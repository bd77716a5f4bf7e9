package io.github.affect4j.launch;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;

/**
 * Ends a rank whose {@code launch} is gone, even by SIGKILL, as SIGTERM would: it saves first. The rank's standard
 * input is a pipe that ends when the launcher does; nothing is ever written to it.
 */
public final class LauncherWatch {
  /** Tells a rank that its standard input is such a pipe. */
  static final String VARIABLE = "AFFECT4J_LAUNCHED";

  private static final int TERMINATED = 128 + 15;

  private LauncherWatch() {}

  /**
   * Watches in the background, if this process is a rank of a launcher.
   *
   * @param environment of this process
   */
  public static void start(Map<String, String> environment) {
    if (environment.containsKey(VARIABLE)) {
      Thread watch = new Thread(LauncherWatch::awaitEnd, "affect4j-launcher-watch");
      watch.setDaemon(true);
      watch.start();
    }
  }

  private static void awaitEnd() {
    try {
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // as good as its end
    }
    System.err.println("affect4j: launch is gone; this rank ends as at SIGTERM");
    System.exit(TERMINATED);
  }
}
