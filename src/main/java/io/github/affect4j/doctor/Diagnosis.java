package io.github.affect4j.doctor;

import java.util.List;

/**
 * What was found on this machine, what will be used, and what is in the way.
 *
 * @param processor the CPU
 * @param memory RAM
 * @param jvm Java
 * @param nativeLibrary libtorch and our library
 * @param gpus NVIDIA GPUs that the driver reports
 * @param disks room in the folders that affect4j writes to
 * @param data the data set asked about; null if none was
 * @param plan what will be used; null if nothing can
 * @param findings notes, warnings and problems, the worst first
 */
public record Diagnosis(
    Processor processor,
    Memory memory,
    Jvm jvm,
    NativeLibrary nativeLibrary,
    List<Gpu> gpus,
    List<Disk> disks,
    DataSummary data,
    Plan plan,
    List<Finding> findings) {

  public Diagnosis {
    gpus = List.copyOf(gpus);
    disks = List.copyOf(disks);
    findings = List.copyOf(findings);
  }

  /** False if something prevents working. */
  public boolean healthy() {
    return findings.stream().noneMatch(finding -> finding.level() == Finding.Level.PROBLEM);
  }
}
