package io.github.affect4j.doctor;

import io.github.affect4j.data.DatasetFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Examines this machine and, if asked, a data set. Changes nothing. */
public final class Doctor {
  /** A training step of ResNet-50 with 64 images of 112x112 needs less than this. */
  private static final long COMFORTABLE_MEMORY = 4L << 30;
  private static final long LEAST_MEMORY = 1L << 30;

  /** Decoded images of s-Aff-Wild2 take 6 GB, the checkpoints of four models 1.5 GB. */
  private static final long COMFORTABLE_DISK = 8L << 30;
  private static final long LEAST_DISK = 256L << 20;

  private static final Set<String> BF16_KERNELS = Set.of("amx", "avx512_bf16");
  private static final Path PROC = Path.of("/proc");

  private Doctor() {}

  /**
   * Examines the machine.
   *
   * @param data a data set folder, or null
   * @param cache where decoded images go
   */
  public static Diagnosis examine(Path data, Path cache) {
    NativeLibrary library = NativeLibrary.load();
    Diagnosis bare =
        new Diagnosis(
            Processor.read(PROC),
            Memory.read(PROC),
            Jvm.read(),
            library,
            Gpu.list(),
            disks(cache),
            data == null ? null : DataSummary.read(data),
            Plan.of(library),
            List.of());
    return withFindings(bare);
  }

  static Diagnosis withFindings(Diagnosis d) {
    List<Finding> findings = new ArrayList<>();
    findings.addAll(ofLibrary(d.nativeLibrary()));
    findings.addAll(ofProcessor(d.processor()));
    findings.addAll(ofKernels(d.nativeLibrary()));
    findings.addAll(ofMemory(d.memory()));
    findings.addAll(ofJvm(d.jvm()));
    findings.addAll(ofGpus(d.gpus(), d.nativeLibrary()));
    d.disks().forEach(disk -> findings.addAll(ofDisk(disk)));
    if (d.data() != null) {
      findings.addAll(ofData(d.data()));
    }
    findings.sort(Comparator.comparing(Finding::level).reversed());
    return new Diagnosis(
        d.processor(), d.memory(), d.jvm(), d.nativeLibrary(), d.gpus(), d.disks(), d.data(), d.plan(), findings);
  }

  private static List<Disk> disks(Path cache) {
    return Stream.of(Path.of(System.getProperty("user.dir")), cache).map(Disk::of).toList();
  }

  private static List<Finding> ofLibrary(NativeLibrary library) {
    if (!library.works()) {
      return List.of(Finding.problem("native library", "it cannot be loaded: " + library.error(),
          "if that names no limit, remove the folder target and run bin/affect4j again, which rebuilds it here"));
    }
    return List.of();
  }

  private static List<Finding> ofProcessor(Processor processor) {
    if (!processor.architecture().equals("amd64")) {
      return List.of(Finding.problem("processor", "the JVM is for " + processor.architecture(),
          "use Linux on x86-64: the pinned libtorch is built for it"));
    }
    if (!processor.has("avx2")) {
      return List.of(Finding.warning("processor", "it has no AVX2, so the portable kernels are used",
          "expect a fraction of the speed; use a processor from 2013 or later"));
    }
    if (!processor.has("avx512f")) {
      return List.of(Finding.note("processor", "it has no AVX-512, so the AVX2 kernels are used",
          "expect about half the speed of a processor that has it"));
    }
    return List.of();
  }

  private static List<Finding> ofKernels(NativeLibrary library) {
    if (!library.works() || !BF16_KERNELS.contains(library.text("kernels"))) {
      return List.of();
    }
    return List.of(Finding.note("kernels", "this processor multiplies bf16 at twice the rate of fp32 or more",
        "train with --dtype bf16"));
  }

  private static List<Finding> ofMemory(Memory memory) {
    List<Finding> findings = new ArrayList<>();
    if (memory.available() < LEAST_MEMORY) {
      findings.add(Finding.problem("memory", "only " + DiagnosisText.bytes(memory.available()) + " are available",
          "close other programs or give the container more"));
    } else if (memory.available() < COMFORTABLE_MEMORY) {
      findings.add(Finding.warning("memory", "only " + DiagnosisText.bytes(memory.available()) + " are available",
          "train with a smaller --batch if the process is killed"));
    }
    if (memory.limited()) {
      findings.add(Finding.note("memory", "a container limits it to " + DiagnosisText.bytes(memory.limit()), ""));
    }
    return findings;
  }

  private static List<Finding> ofJvm(Jvm jvm) {
    if (jvm.launcherFlags()) {
      return List.of();
    }
    return List.of(Finding.warning("java", "it was started without the flags of bin/affect4j",
        "start affect4j through bin/affect4j, or pass -Dorg.bytedeco.javacpp.nopointergc=true"));
  }

  /** A GPU that is there, or a build that is for one, and no way to use it: why. */
  private static List<Finding> ofGpus(List<Gpu> gpus, NativeLibrary library) {
    if (!library.works()) {
      return List.of();
    }
    if (!library.forGpus()) {
      return gpus.isEmpty() ? List.of()
          : List.of(Finding.note("gpu", gpus.get(0).name() + " is there but this build computes on the CPU only",
              "build with -Pgpu, as docs/cuda.md says"));
    }
    if (library.gpus().isEmpty()) {
      return List.of(Finding.warning("gpu", "none can be used: " + library.gpuObstacle(), "--device cpu works"));
    }
    return List.of(Finding.note("gpu", library.gpus().get(0) + " can be used", "say --device cuda:0"));
  }

  private static List<Finding> ofDisk(Disk disk) {
    if (!disk.writable()) {
      return List.of(
          Finding.warning("disk", disk.folder() + " is not writable", "write results elsewhere, with --out"));
    }
    if (disk.free() >= 0 && disk.free() < LEAST_DISK) {
      return List.of(Finding.problem("disk", disk.folder() + " has only " + DiagnosisText.bytes(disk.free()) + " left",
          "make room, or write elsewhere with --out and --cache"));
    }
    if (disk.free() >= 0 && disk.free() < COMFORTABLE_DISK) {
      return List.of(Finding.note("disk", disk.folder() + " has " + DiagnosisText.bytes(disk.free()) + " left",
          "the full data set needs 6 GB decoded, four models 1.5 GB"));
    }
    return List.of();
  }

  private static List<Finding> ofData(DataSummary data) {
    List<Finding> findings = new ArrayList<>();
    data.errors().forEach(error -> findings.add(Finding.problem("data", error, "")));
    findings.addAll(ofLabels("training", data.training()));
    findings.addAll(ofLabels("validation", data.validation()));
    findings.addAll(ofTestImages(data.testImages(), data.missingTestImages()));
    return findings;
  }

  private static List<Finding> ofTestImages(int images, long missing) {
    if (missing == 0) {
      return List.of();
    }
    String observation = missing + " of " + images + " test images are missing";
    return List.of(DatasetFolder.tooManyMissing(missing, images)
        ? Finding.problem("data", observation, "put them into cropped_aligned; or move the test list to the folder"
            + " whose cropped_aligned has them, which is predict's --data")
        : Finding.warning("data", observation, "prediction falls back to the closest frame of the same video"));
  }

  private static List<Finding> ofLabels(String set, LabelCounts labels) {
    if (labels == null) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    long images = labels.rows() - labels.duplicateRows();
    if (labels.missingImages() == images && images > 0) {
      findings.add(Finding.problem("data", "none of the " + images + " " + set + " images is there",
          "unpack the official cropped_aligned archive into the data set folder"));
    } else if (labels.missingImages() > 0) {
      findings.add(Finding.warning("data", labels.missingImages() + " of " + images + " " + set + " images are missing",
          "training skips them, prediction falls back; unpack the archive again if that is too many"));
    }
    if (labels.duplicateRows() > 0) {
      findings.add(Finding.note("data", labels.duplicateRows() + " " + set + " rows name an image a second time",
          ""));
    }
    if (labels.va() == 0 || labels.expr() == 0 || labels.au() == 0) {
      findings.add(Finding.warning("data", "the " + set + " annotations lack labels of a whole task",
          "train the tasks that are labelled, with --task"));
    }
    return findings;
  }
}
