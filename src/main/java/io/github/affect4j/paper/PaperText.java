package io.github.affect4j.paper;

import io.github.affect4j.fusion.FusionComparison;
import io.github.affect4j.train.TrainingText;
import java.util.Locale;

/** The experiment on one screen. */
public final class PaperText {
  private PaperText() {}

  /** Training, then a table like the paper's for each validity protocol. */
  public static String of(PaperReport report) {
    StringBuilder text = new StringBuilder(TrainingText.of(report.models()));
    for (FusionComparison comparison : report.validation()) {
      text.append('\n').append(comparison.toTable());
    }
    if (report.submission() != null) {
      text.append("\nsubmission for the test list: ").append(report.submission()).append('\n');
    }
    text.append("report: ").append(report.out()).append("/report.json\n");
    return text.append(String.format(Locale.ROOT,
            "%.0f seconds; training the four models cost %.2f times the multi-task model alone%n", report.seconds(),
            report.costRatio()))
        .toString();
  }
}
