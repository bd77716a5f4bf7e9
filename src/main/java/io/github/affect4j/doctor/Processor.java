package io.github.affect4j.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The processor, as Linux and the JVM see it.
 *
 * @param model its name; empty if unknown
 * @param architecture of the JVM, such as {@code amd64}
 * @param physicalCores of the machine; 0 if unknown
 * @param usableCpus logical processors this process may use: affinity and cgroup limits counted in
 * @param features the instruction sets that matter to us, of those it has
 */
public record Processor(String model, String architecture, int physicalCores, int usableCpus, List<String> features) {
  private static final List<String> RELEVANT =
      List.of("avx2", "fma", "avx512f", "avx512vl", "avx512_bf16", "amx_bf16", "amx_tile");

  public Processor {
    features = List.copyOf(features);
  }

  /**
   * Reads {@code cpuinfo} below a proc file system.
   *
   * @param proc normally {@code /proc}
   */
  static Processor read(Path proc) {
    List<String> lines = lines(proc.resolve("cpuinfo"));
    Set<String> flags = new HashSet<>(Arrays.asList(value(lines, "flags").orElse("").split(" ")));
    return new Processor(
        value(lines, "model name").orElse(""),
        System.getProperty("os.arch"),
        physicalCores(lines),
        Runtime.getRuntime().availableProcessors(),
        RELEVANT.stream().filter(flags::contains).toList());
  }

  boolean has(String feature) {
    return features.contains(feature);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  private static Optional<String> value(List<String> lines, String key) {
    return lines.stream().filter(line -> line.startsWith(key)).map(Processor::value).findFirst();
  }

  private static String value(String line) {
    return line.substring(line.indexOf(':') + 1).strip();
  }

  /** Different pairs of socket and core. */
  private static int physicalCores(List<String> lines) {
    Set<String> cores = new HashSet<>();
    String socket = "";
    for (String line : lines) {
      if (line.startsWith("physical id")) {
        socket = value(line);
      } else if (line.startsWith("core id")) {
        cores.add(socket + "/" + value(line));
      }
    }
    return cores.size();
  }
}
