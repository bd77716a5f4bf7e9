package io.github.affect4j.cli;

import io.github.affect4j.io.ConsoleProgress;
import io.github.affect4j.io.Printable;
import io.github.affect4j.launch.LaunchRequest;
import io.github.affect4j.launch.Launcher;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j launch}: one training by several processes on this machine. */
final class LaunchCommand implements Command {
  private static final int MAX_RESTARTS = 3;

  @Override
  public String name() {
    return "launch";
  }

  @Override
  public String summary() {
    return "train with several processes on this machine, restarted when one is lost";
  }

  @Override
  public String arguments() {
    return "-- train OPTIONS";
  }

  @Override
  public Options options() {
    Options options = new Options()
        .addOption(Option.builder().longOpt("nproc").hasArg().argName("N").required()
            .desc("processes (ranks), which share each batch and the processors").get());
    TrainingOptions.value(options, "max-restarts", "N",
        "restarts of all ranks from the last checkpoint after one was lost", MAX_RESTARTS);
    return options;
  }

  @Override
  public List<String> examples() {
    return List.of(
        "affect4j launch --nproc 2 -- train --data s-Aff-Wild2 --task mtl --out runs --sync-bn",
        "affect4j launch --nproc 8 -- train --data s-Aff-Wild2 --task mtl --out runs --device cuda --dtype bf16");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    List<String> command = line.getArgList();
    if (command.isEmpty() || !command.get(0).equals("train")) {
      throw new ParseException("expected '-- train' and its options after those of launch, got "
          + (command.isEmpty() ? "nothing" : Printable.quote(command.get(0))));
    }
    if (command.contains("--help") || command.contains("-h")) { // once, not from each rank
      return new Main(List.of(new TrainCommand()), out, System.err).run(command.toArray(String[]::new));
    }
    LaunchRequest request = new LaunchRequest(
        arguments.integer("nproc", 1, 1), arguments.integer("max-restarts", MAX_RESTARTS, 0), command);
    try (ConsoleProgress progress = new ConsoleProgress()) {
      return new Launcher(progress).run(request);
    }
  }
}
