package io.github.affect4j.cli;

import io.github.affect4j.train.ModelFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j export}: the weights of a checkpoint for other programs. */
final class ExportCommand implements Command {
  @Override
  public String name() {
    return "export";
  }

  @Override
  public String summary() {
    return "write a model's weights as safetensors with torchvision's names";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Option.builder().longOpt("model").hasArg().argName("F").required()
            .desc("best.safetensors of a run, or a checkpoint").get())
        .addOption(Option.builder().longOpt("out").hasArg().argName("F").required()
            .desc("safetensors file to write").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable report").get());
  }

  @Override
  public List<String> examples() {
    return List.of("affect4j export --model runs/mtl/best.safetensors --out mtl.safetensors");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException, IOException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    Path target = arguments.path("out");
    int tensors = ModelFile.export(arguments.path("model"), target);
    arguments.print(
        out,
        Map.of("tensors", tensors, "out", target.toString()),
        () -> "wrote " + tensors + " tensors to " + target + "\n");
    return 0;
  }
}
