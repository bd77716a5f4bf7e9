package io.github.affect4j.cli;

import io.github.affect4j.io.ConsoleProgress;
import io.github.affect4j.paper.PaperExperiment;
import io.github.affect4j.paper.PaperReport;
import io.github.affect4j.paper.PaperText;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.train.Hyperparameters;
import io.github.affect4j.train.Training;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j paper}: Tables 1 and 2 and their fusion on a data set. */
final class PaperCommand implements Command {
  private static final int CHECKPOINT_SECONDS = 300;

  @Override
  public String name() {
    return "paper";
  }

  @Override
  public String summary() {
    return "the paper's experiment: train the four models, predict, fuse, and show its tables";
  }

  @Override
  public Options options() {
    Options options = new Options()
        .addOption(Option.builder().longOpt("data").hasArg().argName("DIR").required()
            .desc("data set folder, as released or packed").get())
        .addOption(Option.builder().longOpt("out").hasArg().argName("DIR").required()
            .desc("folder for runs, predictions and report; what is there is gone on with").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable report").get());
    TrainingOptions.addHyperparameters(options, Hyperparameters.paper());
    return TrainingOptions.addCache(TrainingOptions.addDevice(options));
  }

  @Override
  public List<String> examples() {
    return List.of("affect4j paper --data s-Aff-Wild2 --out paper --init resnet50.safetensors");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    Path folder = arguments.path("out");
    Hyperparameters absent = Training.stored(folder, ModelSpec.all()).orElseGet(Hyperparameters::paper);
    PaperExperiment experiment = new PaperExperiment(
        arguments.path("data"), folder, TrainingOptions.cache(line), TrainingOptions.hyperparameters(line, absent),
        TrainingOptions.device(line), CHECKPOINT_SECONDS);
    try (ConsoleProgress progress = new ConsoleProgress()) {
      PaperReport report = experiment.run(progress);
      arguments.print(out, report, () -> PaperText.of(report));
    }
    return 0;
  }
}
