package io.github.affect4j.doctor;

import io.github.affect4j.task.Expression;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A diagnosis for people. */
public final class DiagnosisText {
  private static final double GIGA = 1e9;

  private DiagnosisText() {}

  /** Lines: what was found, what will be used, then the findings with their advice. */
  public static List<String> lines(Diagnosis d) {
    List<String> lines = new ArrayList<>();
    row(lines, "processor", d.processor().model() + ", " + d.processor().usableCpus() + " CPUs usable");
    row(lines, "", String.join(" ", d.processor().features()));
    row(lines, "memory", bytes(d.memory().available()) + " of " + bytes(d.memory().limit()) + " available");
    row(lines, "java", d.jvm().version() + ", " + d.jvm().vendor() + ", heap up to " + bytes(d.jvm().maxHeap()));
    row(lines, "libtorch", d.nativeLibrary().works() ? library(d.nativeLibrary()) : "does not load");
    row(lines, "gpu", d.gpus().isEmpty() ? "none" : d.gpus().stream().map(Gpu::name).collect(Collectors.joining(", ")));
    d.disks().forEach(disk -> row(lines, "disk", disk.folder() + ": " + bytes(disk.free()) + " free"));
    if (d.data() != null) {
      data(lines, d.data());
    }
    if (d.plan() != null) {
      row(lines, "will use", d.plan().device() + " with " + d.plan().kernels() + " kernels, " + d.plan().threads()
          + " threads, " + d.plan().dtype());
    }
    lines.add("");
    d.findings().forEach(finding -> lines.add(sentence(finding)));
    lines.add(d.healthy() ? "Nothing prevents working." : "Solve the problems above first.");
    return lines;
  }

  private static String library(NativeLibrary library) {
    return library.text("libtorch") + ", oneDNN " + library.text("onednn");
  }

  private static void data(List<String> lines, DataSummary data) {
    row(lines, "data", data.folder() + (data.testImages() < 0 ? "" : ", test list of " + data.testImages()
        + " images, " + (data.testImages() - data.missingTestImages()) + " of them there"));
    labels(lines, "training", data.training());
    labels(lines, "validation", data.validation());
  }

  private static void labels(List<String> lines, String set, LabelCounts labels) {
    if (labels != null) {
      row(lines, "  " + set,
          String.format(Locale.ROOT, "%,d rows of %,d videos; labelled VA %,d, EXPR %,d, AU %,d, all %,d",
              labels.rows(), labels.videos(), labels.va(), labels.expr(), labels.au(), labels.all()));
      row(lines, "", Arrays.stream(Expression.values())
          .map(e -> String.format(Locale.ROOT, "%s %,d", e.label(), labels.expressions().get(e.ordinal())))
          .collect(Collectors.joining(", ")));
    }
  }

  private static String sentence(Finding finding) {
    String text = finding.level().name().toLowerCase(Locale.ROOT) + ": " + finding.subject() + ": "
        + finding.observation();
    return finding.advice().isEmpty() ? text : text + "; " + finding.advice();
  }

  private static void row(List<String> lines, String name, String text) {
    lines.add(String.format("%-13s %s", name, text).stripTrailing());
  }

  /** Decimal gigabytes, as disks and memory are sold. */
  static String bytes(long bytes) {
    return bytes < 0 ? "unknown" : String.format(Locale.ROOT, "%.1f GB", bytes / GIGA);
  }
}
