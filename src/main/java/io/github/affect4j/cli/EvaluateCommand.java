package io.github.affect4j.cli;

import io.github.affect4j.eval.EvaluationReport;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.fusion.EvaluationJob;
import io.github.affect4j.io.ConsoleProgress;
import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j evaluate}: the challenge metric P and all its parts. */
final class EvaluateCommand implements Command {
  private static final int RESAMPLES = 1000;
  private static final int MOST_RESAMPLES = 1_000_000;

  @Override
  public String name() {
    return "evaluate";
  }

  @Override
  public String summary() {
    return "score predictions against annotations: P, CCC, F1, confusion, confidence intervals";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Option.builder().longOpt("predictions").hasArg().argName("F").required()
            .desc("raw prediction file, official 16-field submission, image_location file, "
                + "or folder of per-video files").get())
        .addOption(Option.builder().longOpt("annotations").hasArg().argName("F").required()
            .desc("annotation file of the same rows, or folder of per-video annotations (ABAW3, 5, 6, 8)").get())
        .addOption(Option.builder().longOpt("protocol").hasArg().argName("each|all")
            .desc("score each task on its own valid rows (each, the default), or all tasks on the rows valid for all")
            .get())
        .addOption(Option.builder().longOpt("bootstrap").hasArg().argName("N")
            .desc("resamples of the videos for 95 % intervals (default " + RESAMPLES + "; 0: none)").get())
        .addOption(Option.builder().longOpt("seed").hasArg().argName("N")
            .desc("seed of the bootstrap (default 0)").get())
        .addOption(Option.builder().longOpt("thresholds").hasArg().argName("F")
            .desc("decide action units of a raw prediction file by these thresholds").get())
        .addOption(Option.builder().longOpt("tune-thresholds").hasArg().argName("F")
            .desc("choose the thresholds that are best on these annotations, and write them to F").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable output").get());
  }

  @Override
  public List<String> examples() {
    return List.of(
        "affect4j evaluate --predictions fused.csv --annotations DIR/validation_set_annotations.txt",
        "affect4j evaluate --predictions submission.txt --annotations DIR/validation_set_annotations.txt"
            + " --protocol all --json",
        "affect4j evaluate --predictions fused.csv --annotations DIR/validation_set_annotations.txt"
            + " --tune-thresholds thresholds.json",
        "affect4j evaluate --predictions my_va_predictions/ --annotations VA_Estimation_Challenge/Validation_Set/");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    EvaluationJob job =
        new EvaluationJob(
            arguments.path("predictions"),
            arguments.path("annotations"),
            arguments.choice("protocol", Protocol.EACH),
            arguments.integer("bootstrap", RESAMPLES, 0, MOST_RESAMPLES),
            arguments.integer("seed", 0, Long.MIN_VALUE, Long.MAX_VALUE),
            arguments.path("thresholds"),
            arguments.path("tune-thresholds"));
    EvaluationReport report = job.run();
    try (ConsoleProgress progress = new ConsoleProgress()) {
      report.notes().forEach(note -> progress.say("note: " + note));
    }
    arguments.print(out, report, report::toText);
    return 0;
  }
}
