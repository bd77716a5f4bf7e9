package io.github.affect4j.cli;

import java.util.List;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** What commands share that make predictions of predictions: means, files to write, labels to score on. */
final class ResultOptions {
  private ResultOptions() {}

  /** @param official what --submission writes */
  static Options addFiles(Options options, String official) {
    return options
        .addOption(Option.builder().longOpt("out").hasArg().argName("F")
            .desc("raw prediction file to write").get())
        .addOption(Option.builder().longOpt("submission").hasArg().argName("F")
            .desc(official + " to write").get());
  }

  static void addSpace(Options options) {
    options.addOption(Option.builder().longOpt("space").hasArg().argName("logits|probabilities")
        .desc("where to take the mean (default logits: before tanh, softmax and sigmoid)").get());
  }

  /**
   * @param compared what --annotations compares
   * @param swept what --sweep tries
   */
  static Options addScores(Options options, String compared, String swept) {
    return options
        .addOption(Option.builder().longOpt("thresholds").hasArg().argName("F")
            .desc("decide the action units in submission and scores by these thresholds"
                + " (from evaluate --tune-thresholds)").get())
        .addOption(Option.builder().longOpt("annotations").hasArg().argName("F")
            .desc("labels of the same rows: compare " + compared).get())
        .addOption(Option.builder().longOpt("protocol").hasArg().argName("each|all")
            .desc("rows to score on, as in evaluate (default each)").get())
        .addOption(Option.builder().longOpt("sweep")
            .desc("with --annotations: score " + swept + " and show the best").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable output").get());
  }

  static void check(Arguments arguments) throws ParseException {
    if (arguments.has("sweep") && !arguments.has("annotations")) {
      throw new ParseException("--sweep needs --annotations, the labels to score on");
    }
    if (!arguments.has("out") && !arguments.has("submission") && !arguments.has("annotations")) {
      throw new ParseException("nothing to do: give --out or --submission to write, or --annotations to score");
    }
    if (arguments.has("thresholds") && !arguments.has("submission") && !arguments.has("annotations")) {
      throw new ParseException(
          "--thresholds needs --submission or --annotations, to decide action units for; --out keeps logits");
    }
    arguments.refuseSameFile("out", "submission");
    for (String input : List.of("annotations", "thresholds")) {
      arguments.refuseSameFile("out", input);
      arguments.refuseSameFile("submission", input);
    }
  }
}
