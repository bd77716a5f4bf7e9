package io.github.affect4j.train;

import java.util.List;

/**
 * What training one model came to.
 *
 * @param model va, expr, au or mtl
 * @param finished false if it was interrupted
 * @param stoppedEarly true if patience ran out
 * @param epochs completed
 * @param steps updates made
 * @param seconds wall time of its epochs: training, validation, checkpoints
 * @param best the best epoch; null before the first
 * @param weights file of the best weights
 * @param unusableImages missing or corrupt images of the data set
 * @param history all epochs
 */
public record ModelReport(
    String model,
    boolean finished,
    boolean stoppedEarly,
    int epochs,
    long steps,
    double seconds,
    EpochRecord best,
    String weights,
    int unusableImages,
    List<EpochRecord> history) {
  public ModelReport {
    history = List.copyOf(history);
  }
}
