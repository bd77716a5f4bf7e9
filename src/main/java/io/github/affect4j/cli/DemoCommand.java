package io.github.affect4j.cli;

import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.io.ConsoleProgress;
import io.github.affect4j.paper.Demo;
import io.github.affect4j.paper.PaperReport;
import io.github.affect4j.paper.PaperText;
import io.github.affect4j.train.Hyperparameters;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j demo}: the paper's experiment on generated faces. */
final class DemoCommand implements Command {
  @Override
  public String name() {
    return "demo";
  }

  @Override
  public String summary() {
    return "generate faces in DIR, train the four models, fuse, and show the paper's tables";
  }

  @Override
  public String arguments() {
    return "DIR";
  }

  @Override
  public Options options() {
    Options options = new Options();
    TrainingOptions.value(options, "train", "N", "faces of the training set", Demo.FACES.training());
    TrainingOptions.value(options, "validation", "N", "faces of the validation set", Demo.FACES.validation());
    TrainingOptions.value(options, "test", "N", "faces of the test list", Demo.FACES.test());
    TrainingOptions.value(options, "size", "PIXELS", "height and width of the faces", Demo.FACES.size());
    options.addOption(Option.builder().longOpt("data-only").desc("only generate the faces, in DIR/data").get());
    options.addOption(Option.builder().longOpt("json").desc("machine-readable report").get());
    return TrainingOptions.addDevice(TrainingOptions.addHyperparameters(options, Demo.defaults()));
  }

  @Override
  public List<String> examples() {
    return List.of("affect4j demo /tmp/affect4j-demo", "affect4j demo DIR --train 4000 --epochs 10 --seed 7 --json");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Demo demo = demo(line);
    try (ConsoleProgress progress = new ConsoleProgress()) {
      if (line.hasOption("data-only")) {
        out.println(demo.generate(progress));
        return 0;
      }
      PaperReport report = demo.run(progress);
      new Arguments(line).print(out, report, () -> PaperText.of(report));
    }
    return 0;
  }

  private static Demo demo(CommandLine line) throws ParseException {
    if (line.getArgList().size() != 1) {
      throw new ParseException("expected one folder DIR, got " + line.getArgList().size());
    }
    Arguments arguments = new Arguments(line);
    Hyperparameters hyperparameters = TrainingOptions.hyperparameters(line, Demo.defaults());
    try {
      SyntheticOptions faces = new SyntheticOptions(
          arguments.integer("train", Demo.FACES.training(), 1),
          arguments.integer("validation", Demo.FACES.validation(), 1),
          arguments.integer("test", Demo.FACES.test(), 0),
          arguments.integer("size", Demo.FACES.size(), 1),
          hyperparameters.seed());
      Path folder = Arguments.path("DIR", line.getArgList().get(0));
      return new Demo(folder, faces, hyperparameters, TrainingOptions.device(line));
    } catch (IllegalArgumentException e) {
      throw new ParseException(e.getMessage());
    }
  }
}
