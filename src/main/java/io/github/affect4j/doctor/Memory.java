package io.github.affect4j.doctor;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory in bytes.
 *
 * @param machine of the whole machine; 0 if unknown
 * @param limit what this process may use: the machine's, or less in a container
 * @param available what is free now or can be freed, at most the limit
 */
public record Memory(long machine, long limit, long available) {

  /**
   * Reads {@code meminfo} below a proc file system; the JVM knows the container's limit.
   *
   * @param proc normally {@code /proc}
   */
  static Memory read(Path proc) {
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return read(proc.resolve("meminfo"), system.getTotalMemorySize(), system.getFreeMemorySize());
  }

  static Memory read(Path meminfo, long limit, long free) {
    long machine = kilobytes(meminfo, "MemTotal:");
    long available = kilobytes(meminfo, "MemAvailable:");
    return new Memory(machine, limit, Math.min(available == 0 ? free : available, limit));
  }

  /** True if a container allows less than the machine has. */
  boolean limited() {
    return limit < machine;
  }

  private static long kilobytes(Path meminfo, String key) {
    try {
      return Files.readAllLines(meminfo).stream()
          .filter(line -> line.startsWith(key))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | NumberFormatException unreadable) {
      return 0;
    }
  }
}
