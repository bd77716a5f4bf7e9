package io.github.affect4j.train;

import io.github.affect4j.io.TextTable;
import java.util.List;
import java.util.Locale;

/** How training reports itself on one screen. */
public final class TrainingText {
  private TrainingText() {}

  /** One line a model: where it stands, its best epoch, and where the weights are. */
  public static String of(List<ModelReport> reports) {
    TextTable table = new TextTable()
        .row("model", "epochs", "steps", "best epoch", "score", "mean CCC", "macro F1", "mean F1", "loss", "img/s",
            "s");
    StringBuilder weights = new StringBuilder();
    for (ModelReport report : reports) {
      row(table, report);
      if (report.best() != null) {
        weights.append(report.model()).append(": ").append(report.weights()).append('\n');
      }
    }
    return table + "\nbest weights\n" + weights;
  }

  private static void row(TextTable table, ModelReport report) {
    EpochRecord best = report.best();
    String epochs =
        report.epochs() + (report.stoppedEarly() ? " (patience)" : report.finished() ? "" : " (interrupted)");
    if (best == null) {
      table.row(report.model(), epochs, "" + report.steps(), "-", "-", "-", "-", "-", "-", "-", seconds(report));
      return;
    }
    Double ccc = best.cccValence() == null ? null : (Double) ((best.cccValence() + best.cccArousal()) / 2);
    table.row(
        report.model(), epochs, "" + report.steps(), "" + best.epoch(), number(best.score()), number(ccc),
        number(best.exprMacroF1()), number(best.auMeanF1()), number(best.loss()),
        String.format(Locale.ROOT, "%.1f", best.imagesPerSecond()), seconds(report));
  }

  private static String seconds(ModelReport report) {
    return String.format(Locale.ROOT, "%.0f", report.seconds());
  }

  private static String number(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
  }
}
