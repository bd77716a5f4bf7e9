package io.github.affect4j.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An NVIDIA GPU that its driver reports.
 *
 * @param name such as {@code NVIDIA H100 80GB HBM3}
 * @param memory bytes
 * @param driver version of the driver
 */
public record Gpu(String name, long memory, String driver) {
  private static final int TIMEOUT_SECONDS = 20;

  /** Asks {@code nvidia-smi}; an empty list if there is none, or if it fails. */
  static List<Gpu> list() {
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return List.of();
      }
      String report = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.exitValue() == 0 ? parse(report) : List.of();
    } catch (IOException absent) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  /** Lines of name, MiB, driver. */
  static List<Gpu> parse(String report) {
    return report.lines().map(line -> line.split("\\s*,\\s*")).filter(f -> f.length == 3).map(Gpu::of).toList();
  }

  private static Gpu of(String[] fields) {
    String digits = fields[1].replaceAll("\\D", "");
    long mebibytes = digits.isEmpty() ? 0 : Long.parseLong(digits);
    return new Gpu(fields[0].strip(), mebibytes << 20, fields[2].strip());
  }
}
