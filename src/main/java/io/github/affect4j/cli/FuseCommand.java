package io.github.affect4j.cli;

import io.github.affect4j.eval.Protocol;
import io.github.affect4j.fusion.FusionJob;
import io.github.affect4j.fusion.FusionReport;
import io.github.affect4j.fusion.FusionWeights;
import io.github.affect4j.fusion.MeanSpace;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j fuse}: late fusion of the single-task models with the multi-task model. */
final class FuseCommand implements Command {

  @Override
  public String name() {
    return "fuse";
  }

  @Override
  public String summary() {
    return "fuse raw predictions: lambda x single-task + (1 - lambda) x multi-task, per task";
  }

  @Override
  public Options options() {
    Options options = new Options();
    for (Task task : Task.values()) {
      options.addOption(Option.builder().longOpt("single-" + task.label()).hasArg().argName("F").required()
          .desc("raw predictions of the single-task model of " + task.label()).get());
    }
    options.addOption(Option.builder().longOpt("multi").hasArg().argName("F").required()
        .desc("raw predictions of the multi-task model").get());
    ResultOptions.addFiles(options, "official 16-field submission");
    for (Task task : Task.values()) {
      options.addOption(Option.builder().longOpt("lambda-" + task.label()).hasArg().argName("X")
          .desc("weight of the single-task model of " + task.label()
              + " (default " + FusionWeights.PAPER.of(task) + ")").get());
    }
    ResultOptions.addSpace(options);
    return ResultOptions.addScores(options, "the models and their fusion", "lambda = 0, 0.05 .. 1");
  }

  @Override
  public List<String> examples() {
    String models = "--single-va va.csv --single-expr expr.csv --single-au au.csv --multi mtl.csv";
    return List.of(
        "affect4j fuse " + models + " --out fused.csv --submission submission.txt",
        "affect4j fuse " + models + " --sweep --annotations DIR/validation_set_annotations.txt");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    FusionReport report = job(arguments).run();
    arguments.print(out, report, report::toText);
    return 0;
  }

  private static FusionJob job(Arguments arguments) throws ParseException {
    ResultOptions.check(arguments);
    Map<Task, Path> single = new EnumMap<>(Task.class);
    for (Task task : Task.values()) {
      single.put(task, arguments.path("single-" + task.label()));
    }
    FusionWeights weights =
        new FusionWeights(lambda(arguments, Task.VA), lambda(arguments, Task.EXPR), lambda(arguments, Task.AU));
    return new FusionJob(
        single,
        arguments.path("multi"),
        arguments.path("out"),
        arguments.path("submission"),
        weights,
        arguments.choice("space", MeanSpace.LOGITS),
        arguments.path("thresholds"),
        arguments.path("annotations"),
        arguments.choice("protocol", Protocol.EACH),
        arguments.has("sweep"));
  }

  private static double lambda(Arguments arguments, Task task) throws ParseException {
    return arguments.number("lambda-" + task.label(), FusionWeights.PAPER.of(task), 0, 1);
  }
}
