package io.github.affect4j.train;

import io.github.affect4j.data.ImageSource;
import io.github.affect4j.engine.Model;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.Task;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Runs a model over whole images, each rank over its share; every rank gets the predictions of all. */
final class TeamPredictor {
  private final Predictor predictor;
  private final Team team;
  private final BooleanSupplier stop;

  /**
   * @param batchSize images a native call; predictions do not depend on it
   * @param stop asked before each batch, equally often on all ranks
   */
  TeamPredictor(Model model, int batchSize, Team team, BooleanSupplier stop) {
    this.predictor = new Predictor(model, batchSize, stop);
    this.team = team;
    this.stop = stop;
  }

  /**
   * Predicts all rows; see {@link Predictor#predict}.
   *
   * @return logits, [rows][{@link Task#ALL_OUTPUTS}], finite or not
   * @throws CancellationException on all ranks if {@code stop} said so
   */
  float[] predict(ImageSource source, List<String> images, String what, Progress progress) {
    int[] rows = Substitutes.of(source, images);
    int[] own = Arrays.copyOfRange(rows, team.begin(rows.length), team.end(rows.length));
    float[] logits = predictor.logits(source, own, what, progress);
    int largestShare = (rows.length + team.sharing().ranks() - 1) / team.sharing().ranks();
    if (predictor.batches(own.length) < predictor.batches(largestShare) && stop.getAsBoolean()) {
      throw new CancellationException("prediction was interrupted");
    }
    return team.gather(logits, rows.length, Task.ALL_OUTPUTS);
  }
}
