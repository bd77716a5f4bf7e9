package io.github.affect4j.paper;

import io.github.affect4j.fusion.FusionComparison;
import io.github.affect4j.fusion.FusionWeights;
import io.github.affect4j.train.ModelReport;
import java.nio.file.Path;
import java.util.List;

/**
 * What the experiment came to.
 *
 * @param data data set folder
 * @param out folder of runs, predictions and this report
 * @param models training of the four models
 * @param dataSeconds wall time until the data was there, decoded once for all four
 * @param costRatio time of data and all four models over that of data and the multi-task model alone
 * @param lambda fusion weights
 * @param validation scores on the validation set, once for each validity protocol
 * @param submission official submission for the test list; null if there is none (yet)
 * @param seconds wall time of this process
 */
public record PaperReport(
    String data,
    String out,
    List<ModelReport> models,
    double dataSeconds,
    double costRatio,
    FusionWeights lambda,
    List<FusionComparison> validation,
    String submission,
    double seconds) {
  public PaperReport {
    models = List.copyOf(models);
    validation = List.copyOf(validation);
  }

  /** The same, now that the submission is written. */
  PaperReport with(Path written, double secondsUntilThen) {
    return new PaperReport(
        data, out, models, dataSeconds, costRatio, lambda, validation, written.toString(), secondsUntilThen);
  }
}
