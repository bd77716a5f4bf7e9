package io.github.affect4j.cli;

import io.github.affect4j.engine.Rank;
import io.github.affect4j.io.ConsoleProgress;
import io.github.affect4j.launch.LauncherWatch;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.train.Hyperparameters;
import io.github.affect4j.train.ModelReport;
import io.github.affect4j.train.RankOptions;
import io.github.affect4j.train.Resident;
import io.github.affect4j.train.Training;
import io.github.affect4j.train.TrainingRequest;
import io.github.affect4j.train.TrainingText;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j train}: the paper's single-task and multi-task models. */
final class TrainCommand implements Command {
  private static final int CHECKPOINT_SECONDS = 300;

  @Override
  public String name() {
    return "train";
  }

  @Override
  public String summary() {
    return "train ResNet-50 models: va, expr, au, mtl, or all four";
  }

  @Override
  public Options options() {
    Options options = new Options()
        .addOption(Option.builder().longOpt("data").hasArg().argName("DIR").required()
            .desc("data set folder, as released or packed").get())
        .addOption(Option.builder().longOpt("task").hasArg().argName("va|expr|au|mtl|all").required()
            .desc("what to train").get())
        .addOption(Option.builder().longOpt("out").hasArg().argName("DIR").required()
            .desc("folder for checkpoints and logs, one subfolder a model").get())
        .addOption(Option.builder().longOpt("resume")
            .desc("go on with what is in --out (begin, if there is nothing); options not given are its own, but"
                + " --threads").get())
        .addOption(Option.builder().longOpt("resident").hasArg().argName("auto|yes|no")
            .desc("keep the decoded images on the device instead of copying batches (default auto: on a GPU where they"
                + " fit)").get())
        .addOption(Option.builder().longOpt("checkpoint-every").hasArg().argName("N")
            .desc("write a checkpoint every N batches too (default 0: not by number)").get())
        .addOption(Option.builder().longOpt("checkpoint-seconds").hasArg().argName("N")
            .desc("write a checkpoint every N seconds too (default " + CHECKPOINT_SECONDS + "; 0: not by time)").get())
        .addOption(Option.builder().longOpt("sync-bn")
            .desc("with several ranks: batch norm over the whole batch (default: over each rank's rows)").get())
        .addOption(Option.builder().longOpt("rank-timeout").hasArg().argName("N")
            .desc("with several ranks: seconds to wait for another one (default "
                + RankOptions.DEFAULT.timeoutSeconds() + ")").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable report").get());
    TrainingOptions.addHyperparameters(options, Hyperparameters.paper());
    return TrainingOptions.addCache(TrainingOptions.addDevice(options));
  }

  @Override
  public List<String> examples() {
    return List.of(
        "affect4j train --data s-Aff-Wild2 --task all --out runs --init resnet50.safetensors",
        "affect4j train --data s-Aff-Wild2 --task all --out runs --resume",
        "affect4j train --data s-Aff-Wild2 --task mtl --out runs --epochs 20 --patience 5 --lr 1e-4",
        "affect4j launch --nproc 2 -- train --data s-Aff-Wild2 --task mtl --out runs --sync-bn");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    LauncherWatch.start(System.getenv());
    try (ConsoleProgress progress = new ConsoleProgress()) {
      Optional<Rank> rank = Rank.of(System.getenv());
      TrainingRequest request = request(line, rank);
      List<ModelReport> reports = new Training(request, rank, rankOptions(line), progress).run();
      if (rank.isEmpty() || rank.get().index() == 0) {
        arguments.print(out, Map.of("models", reports), () -> TrainingText.of(reports));
      }
      return request.isFinished(reports) ? 0 : Main.STOPPED;
    }
  }

  private static RankOptions rankOptions(CommandLine line) throws ParseException {
    int timeout = new Arguments(line).integer("rank-timeout", RankOptions.DEFAULT.timeoutSeconds(), 1);
    return new RankOptions(line.hasOption("sync-bn"), timeout);
  }

  private static TrainingRequest request(CommandLine line, Optional<Rank> rank) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    Path out = arguments.path("out");
    List<ModelSpec> specs = specs(arguments);
    boolean resume = arguments.has("resume");
    Hyperparameters absent = Hyperparameters.paper();
    if (resume) {
      absent = Training.stored(out, specs).orElse(absent);
    }
    if (rank.isPresent()) {
      absent = absent.withThreads(rank.get().threads(absent.threads()));
    }
    return new TrainingRequest(
        arguments.path("data"),
        out,
        TrainingOptions.cache(line),
        specs,
        TrainingOptions.hyperparameters(line, absent),
        TrainingOptions.device(line),
        arguments.choice("resident", Resident.AUTO),
        resume,
        arguments.integer("checkpoint-every", 0, 0),
        arguments.integer("checkpoint-seconds", CHECKPOINT_SECONDS, 0));
  }

  private static List<ModelSpec> specs(Arguments arguments) throws ParseException {
    return arguments.line().getOptionValue("task").equals("all")
        ? ModelSpec.all()
        : List.of(arguments.model("va, expr, au, mtl or all"));
  }
}
