package io.github.affect4j.cli;

import io.github.affect4j.engine.Batch;
import io.github.affect4j.io.ConsoleProgress;
import io.github.affect4j.train.PredictionJob;
import io.github.affect4j.train.PredictionReport;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j predict}: logits of a list of images. */
final class PredictCommand implements Command {
  private static final int BATCH = 64;

  @Override
  public String name() {
    return "predict";
  }

  @Override
  public String summary() {
    return "predict a list of images with a trained model";
  }

  @Override
  public Options options() {
    Options options = new Options()
        .addOption(Option.builder().longOpt("model").hasArg().argName("F").required()
            .desc("best.safetensors of a run, a checkpoint, or exported weights").get())
        .addOption(Option.builder().longOpt("data").hasArg().argName("DIR").required()
            .desc("data set folder, as released or packed").get())
        .addOption(Option.builder().longOpt("list").hasArg().argName("F").required()
            .desc("test list or annotation file: which images, in which order").get())
        .addOption(Option.builder().longOpt("out").hasArg().argName("F")
            .desc("raw predictions to write: logits, for fuse and evaluate").get())
        .addOption(Option.builder().longOpt("submission").hasArg().argName("F")
            .desc("official submission to write: 16 fields, or image_location and the one head of a single-task model")
            .get())
        .addOption(Option.builder().longOpt("thresholds").hasArg().argName("F")
            .desc("decide the action units of the submission by these thresholds (from evaluate --tune-thresholds)")
            .get())
        .addOption(Option.builder().longOpt("batch").hasArg().argName("N")
            .desc("images a batch (default " + BATCH + ")").get())
        .addOption(Option.builder().longOpt("dtype").hasArg().argName("fp32|bf16")
            .desc("storage of activations (default: as the model was trained)").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable report").get());
    return TrainingOptions.addCache(TrainingOptions.addDevice(TrainingOptions.addThreads(options)));
  }

  @Override
  public List<String> examples() {
    return List.of(
        "affect4j predict --model runs/mtl/best.safetensors --data DIR --list DIR/validation_set_annotations.txt"
            + " --out mtl.csv",
        "affect4j predict --model runs/mtl/best.safetensors --data DIR --list DIR/MTL_Challenge_test_set_release.txt"
            + " --submission submission.txt");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    if (!arguments.has("out") && !arguments.has("submission")) {
      throw new ParseException("nothing to do: give --out or --submission to write");
    }
    if (arguments.has("thresholds") && !arguments.has("submission")) {
      throw new ParseException("--thresholds needs --submission, whose action units they decide; --out keeps logits");
    }
    arguments.refuseSameFile("out", "submission");
    PredictionJob job = new PredictionJob(
        arguments.path("model"), arguments.path("data"), arguments.path("list"), arguments.path("out"),
        arguments.path("submission"), arguments.path("thresholds"), TrainingOptions.cache(line),
        TrainingOptions.precision(line), TrainingOptions.device(line),
        arguments.integer("batch", BATCH, 1, Batch.MAX_CAPACITY), TrainingOptions.threads(line));
    try (ConsoleProgress progress = new ConsoleProgress()) {
      PredictionReport report = job.run(progress);
      arguments.print(
          out, report, () -> "predicted " + report.rows() + " rows with the " + report.model() + " model\n");
    }
    return 0;
  }
}
