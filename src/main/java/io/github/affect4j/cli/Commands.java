package io.github.affect4j.cli;

import java.util.List;

/** The list of commands, in the order of a working day. */
final class Commands {
  private Commands() {}

  static List<Command> all() {
    return List.of(
        new DemoCommand(),
        new ConvertCommand(),
        new PackCommand(),
        new TrainCommand(),
        new LaunchCommand(),
        new PredictCommand(),
        new FuseCommand(),
        new SmoothCommand(),
        new EvaluateCommand(),
        new BenchCommand(),
        new ExportCommand(),
        new PaperCommand(),
        new DoctorCommand());
  }
}
