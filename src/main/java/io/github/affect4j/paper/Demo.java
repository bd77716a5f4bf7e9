package io.github.affect4j.paper;

import io.github.affect4j.data.CropRange;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.engine.Device;
import io.github.affect4j.io.Progress;
import io.github.affect4j.train.Hyperparameters;
import io.github.affect4j.train.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The paper's experiment on generated faces: data in {@code DIR/data}, all results in {@code
 * DIR/runs}. Running it again in the same folder goes on with what is there.
 *
 * @param dir where all goes
 * @param faces the data set to generate
 * @param hyperparameters of the four models
 * @param device where to compute
 */
public record Demo(Path dir, SyntheticOptions faces, Hyperparameters hyperparameters, Device device) {
  private static final int CHECKPOINT_SECONDS = 60;

  /** So many and so small faces that four models learn from them in minutes on two processor cores. */
  public static final SyntheticOptions FACES = new SyntheticOptions(1600, 400, 100, 64, 1);

  /**
   * For few generated faces and random initial weights, unlike the paper's long fine-tuning of a
   * pretrained network: a larger, falling rate, smaller batches and milder crops.
   */
  public static Hyperparameters defaults() {
    Hyperparameters p = Hyperparameters.paper();
    return new Hyperparameters(
        1e-3, Schedule.COSINE, 20, p.weightDecay(), p.beta1(), p.beta2(), p.eps(), 32, 8, 0,
        new CropRange(0.8, 1, p.crop().minRatio(), p.crop().maxRatio()), p.flip(), p.focalGamma(), true,
        List.of(), 1, p.dtype(), p.threads(), "", p.protocol(), p.rows());
  }

  /**
   * Generates the faces, unless they are there.
   *
   * @return the data set folder
   */
  public Path generate(Progress progress) {
    Path data = dir.resolve("data");
    SyntheticFaces.generate(data, faces, DecodeProgress.on(progress, "drawing faces"));
    progress.end();
    return data;
  }

  /** Generates, trains, predicts, fuses and scores. */
  public PaperReport run(Progress progress) throws IOException {
    Path data = generate(progress);
    return new PaperExperiment(
            data, dir.resolve("runs"), dir.resolve("cache"), hyperparameters, device, CHECKPOINT_SECONDS)
        .run(progress);
  }
}
