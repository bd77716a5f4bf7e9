package io.github.affect4j.cli;

import io.github.affect4j.bench.Bench;
import io.github.affect4j.bench.BenchMode;
import io.github.affect4j.bench.BenchOptions;
import io.github.affect4j.bench.BenchReport;
import io.github.affect4j.bench.InputBench;
import io.github.affect4j.bench.InputOptions;
import io.github.affect4j.bench.InputReport;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.io.ConsoleProgress;
import io.github.affect4j.train.Hyperparameters;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import me.tongfei.progressbar.ProgressBar;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j bench}: speed of the training step or of inference on this machine. */
final class BenchCommand implements Command {
  private static final int MOST_STEPS = 1_000_000;

  @Override
  public String name() {
    return "bench";
  }

  @Override
  public String summary() {
    return "measure this machine: img/s of training or inference, utilisation (MFU), memory";
  }

  @Override
  public Options options() {
    Options options = new Options()
        .addOption(Option.builder().longOpt("mode").hasArg().argName("train|predict")
            .desc("whole training steps (default), or inference").get())
        .addOption(Option.builder().longOpt("task").hasArg().argName("va|expr|au|mtl")
            .desc("the model's heads (default mtl)").get())
        .addOption(Option.builder().longOpt("dtype").hasArg().argName("fp32|bf16")
            .desc("element type of activations (default fp32)").get())
        .addOption(Option.builder().longOpt("batch").hasArg().argName("N").desc("images a step (default 64)").get())
        .addOption(Option.builder().longOpt("size").hasArg().argName("N")
            .desc("height and width in pixels, 32 to 1024 (default 112)").get())
        .addOption(Option.builder().longOpt("threads").hasArg().argName("N")
            .desc("threads of native work (default 0: the library's choice)").get())
        .addOption(Option.builder().longOpt("warmup").hasArg().argName("N")
            .desc("steps before the measured ones (default 3)").get())
        .addOption(Option.builder().longOpt("steps").hasArg().argName("N").desc("measured steps (default 10)").get())
        .addOption(Option.builder().longOpt("layers")
            .desc("also the time, GFLOP/s and GB/s of each operation of the training step, on the cpu").get())
        .addOption(Option.builder().longOpt("data").hasArg().argName("DIR")
            .desc("instead, the input: does decoding and reading this data set hold the training step back?").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable output").get());
    return TrainingOptions.addDevice(options);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "affect4j bench --layers",
        "affect4j bench --device cuda:0 --dtype bf16 --steps 200",
        "affect4j bench --mode predict --batch 1 --steps 100",
        "affect4j bench --dtype bf16 --threads 8 --json",
        "affect4j bench --data s-Aff-Wild2");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    if (arguments.has("data")) {
      return measureInput(line, arguments, out);
    }
    BenchMode mode = arguments.choice("mode", BenchMode.TRAIN);
    BenchOptions options =
        new BenchOptions(
            mode,
            arguments.model("va, expr, au or mtl"),
            arguments.choice("dtype", Precision.FP32),
            TrainingOptions.device(line),
            arguments.integer("batch", 64, mode == BenchMode.TRAIN ? 2 : 1, Batch.MAX_CAPACITY),
            arguments.integer("size", 112, 32, 1024),
            arguments.integer("threads", 0, 0, Hyperparameters.MAX_THREADS),
            arguments.integer("warmup", 3, 1, MOST_STEPS),
            arguments.integer("steps", 10, 1, MOST_STEPS),
            layers(arguments, mode, TrainingOptions.device(line)));
    BenchReport report;
    try (ProgressBar bar = new ProgressBar("steps", -1)) {
      report = Bench.run(options, (done, total) -> {
        bar.maxHint(total);
        bar.stepTo(done);
      });
    }
    arguments.print(out, report, report::toText);
    return 0;
  }

  private static int measureInput(CommandLine line, Arguments arguments, PrintStream out)
      throws ParseException, IOException {
    for (String other : List.of("mode", "size", "warmup", "layers")) {
      if (arguments.has(other)) {
        throw new ParseException("--data measures the input of training; leave out --" + other);
      }
    }
    InputOptions options =
        new InputOptions(
            arguments.path("data"),
            arguments.model("va, expr, au or mtl"),
            arguments.choice("dtype", Precision.FP32),
            TrainingOptions.device(line),
            arguments.integer("batch", 64, 2, Batch.MAX_CAPACITY),
            arguments.integer("threads", 0, 0, Hyperparameters.MAX_THREADS),
            arguments.integer("steps", 10, 1, MOST_STEPS));
    try (ConsoleProgress progress = new ConsoleProgress()) {
      InputReport report = InputBench.run(options, progress);
      arguments.print(out, report, report::toText);
    }
    return 0;
  }

  private static boolean layers(Arguments arguments, BenchMode mode, Device device) throws ParseException {
    if (arguments.has("layers") && mode != BenchMode.TRAIN) {
      throw new ParseException("--layers times the training step; leave out --mode predict");
    }
    if (arguments.has("layers") && !device.equals(Device.CPU)) {
      throw new ParseException(
          "--layers times the step on the cpu; on a GPU it is one graph: use NVIDIA's nsys or ncu");
    }
    return arguments.has("layers");
  }
}
