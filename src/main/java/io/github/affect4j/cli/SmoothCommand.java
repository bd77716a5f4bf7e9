package io.github.affect4j.cli;

import io.github.affect4j.eval.Protocol;
import io.github.affect4j.fusion.MeanSpace;
import io.github.affect4j.fusion.Sigmas;
import io.github.affect4j.fusion.SmoothingJob;
import io.github.affect4j.fusion.SmoothingReport;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j smooth}: temporal smoothing of frame-by-frame predictions. */
final class SmoothCommand implements Command {

  @Override
  public String name() {
    return "smooth";
  }

  @Override
  public String summary() {
    return "smooth raw predictions over the frames of each video, by a Gaussian per task";
  }

  @Override
  public Options options() {
    Options options = new Options()
        .addOption(Option.builder().longOpt("predictions").hasArg().argName("F").required()
            .desc("raw prediction file, as predict --out and fuse --out write it").get());
    for (Task task : Task.values()) {
      options.addOption(Option.builder().longOpt(task.label()).hasArg().argName("S")
          .desc("sigma of the Gaussian that smooths " + task.label() + ", in frames; 0 changes nothing"
              + " (default: leave them as they are)").get());
    }
    ResultOptions.addSpace(options);
    ResultOptions.addFiles(options, "official submission, of all three tasks or of the one predicted,");
    return ResultOptions.addScores(options, "before and after", "sigma = 0, 1, 2, 4 .. 64 frames");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "affect4j smooth --predictions fused.csv --sweep --annotations DIR/validation_set_annotations.txt",
        "affect4j smooth --predictions fused.csv --va 16 --expr 8 --au 4 --out smoothed.csv"
            + " --annotations DIR/validation_set_annotations.txt",
        "affect4j smooth --predictions test.csv --va 16 --expr 8 --au 4 --submission submission.txt");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    SmoothingReport report = job(arguments).run();
    arguments.print(out, report, report::toText);
    return 0;
  }

  private static SmoothingJob job(Arguments arguments) throws ParseException {
    Sigmas sigmas = new Sigmas(sigma(arguments, Task.VA), sigma(arguments, Task.EXPR), sigma(arguments, Task.AU));
    boolean writes = arguments.has("out") || arguments.has("submission");
    if (sigmas.equals(Sigmas.NONE) && (writes || !arguments.has("sweep"))) {
      throw new ParseException("nothing to smooth: give --va, --expr or --au, sigma in frames; --sweep with"
          + " --annotations shows which are good");
    }
    ResultOptions.check(arguments);
    return new SmoothingJob(
        arguments.path("predictions"),
        arguments.path("out"),
        arguments.path("submission"),
        sigmas,
        arguments.choice("space", MeanSpace.LOGITS),
        arguments.path("thresholds"),
        arguments.path("annotations"),
        arguments.choice("protocol", Protocol.EACH),
        arguments.has("sweep"));
  }

  private static Double sigma(Arguments arguments, Task task) throws ParseException {
    return arguments.has(task.label()) ? arguments.number(task.label(), 0, 0, Sigmas.LARGEST) : null;
  }
}
