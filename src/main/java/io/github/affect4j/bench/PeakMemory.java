package io.github.affect4j.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The largest resident set of this process so far. */
final class PeakMemory {
  private static final String KEY = "VmHWM:";
  private static final long KIBI = 1024;

  private PeakMemory() {}

  /** Bytes, as Linux counts them; 0 if it does not say. */
  static long bytes() {
    return bytes(Path.of("/proc/self/status"));
  }

  static long bytes(Path status) {
    try {
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith(KEY))
          .mapToLong(line -> KIBI * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | NumberFormatException unreadable) {
      return 0;
    }
  }
}
