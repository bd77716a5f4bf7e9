package io.github.affect4j.cli;

import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.PackOptions;
import io.github.affect4j.data.PackReport;
import io.github.affect4j.data.Packing;
import io.github.affect4j.io.ConsoleProgress;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j pack}: a JPEG tree into one memory-mapped file with checksums. */
final class PackCommand implements Command {
  @Override
  public String name() {
    return "pack";
  }

  @Override
  public String summary() {
    return "decode a data set once into one memory-mapped file; check every image on the way";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Option.builder().longOpt("data").hasArg().argName("DIR").required()
            .desc("data set folder: annotation files, test list, cropped_aligned").get())
        .addOption(Option.builder().longOpt("out").hasArg().argName("DIR")
            .desc("folder of the packed data set, which needs no JPEG any more (default: the data set folder)").get())
        .addOption(Option.builder().longOpt("verify")
            .desc("read everything back and compare checksums; alone on a packed data set: only that").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable output").get());
  }

  @Override
  public List<String> examples() {
    return List.of(
        "affect4j pack --data s-aff-wild2 --out packed",
        "affect4j pack --data packed --verify --json",
        "affect4j train --data packed --task mtl --out runs");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    Path data = arguments.path("data");
    Path target = arguments.has("out") ? arguments.path("out") : data;
    PackReport report;
    try (ConsoleProgress progress = new ConsoleProgress()) {
      PackOptions options = new PackOptions(data, target, arguments.has("verify"));
      report = Packing.run(options, DecodeProgress.on(progress, "images"));
    }
    arguments.print(out, report, report::toText);
    return report.good() ? 0 : 1;
  }
}
