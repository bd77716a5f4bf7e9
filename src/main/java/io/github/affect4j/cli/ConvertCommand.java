package io.github.affect4j.cli;

import io.github.affect4j.data.Conversion;
import io.github.affect4j.data.ConversionReport;
import io.github.affect4j.io.ConsoleProgress;
import io.github.affect4j.task.Task;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code affect4j convert}: per-video files of the single-task challenges into an annotation file. */
final class ConvertCommand implements Command {
  @Override
  public String name() {
    return "convert";
  }

  @Override
  public String summary() {
    return "make the annotation file that train reads from the per-video files of ABAW3, 5, 6, 8";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(folder("va", "valence and arousal"))
        .addOption(folder("expr", "expressions"))
        .addOption(folder("au", "action units"))
        .addOption(Option.builder().longOpt("images").hasArg().argName("DIR").required()
            .desc("cropped_aligned: one folder of images a video, named like its annotation file; frame 1 is 00001.jpg")
            .get())
        .addOption(Option.builder().longOpt("out").hasArg().argName("F").required()
            .desc("annotation file to write").get())
        .addOption(Option.builder().longOpt("json").desc("machine-readable output").get());
  }

  private static Option folder(String task, String labels) {
    return Option.builder().longOpt(task).hasArg().argName("DIR")
        .desc("folder of one text file a video with " + labels + "; at least one of --va, --expr, --au").get();
  }

  @Override
  public List<String> examples() {
    return List.of(
        "affect4j convert --expr EXPR_Recognition_Challenge/Train_Set --images DIR/cropped_aligned"
            + " --out DIR/training_set_annotations.txt",
        "affect4j convert --expr EXPR_Recognition_Challenge/Validation_Set --images DIR/cropped_aligned"
            + " --out DIR/validation_set_annotations.txt",
        "affect4j train --data DIR --task expr --out runs");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    Map<Task, Path> folders = new EnumMap<>(Task.class);
    for (Task task : Task.values()) {
      arguments.refuseInside("out", task.label());
      if (arguments.has(task.label())) {
        folders.put(task, arguments.path(task.label()));
      }
    }
    if (folders.isEmpty()) {
      throw new ParseException("expected a folder of annotations, got none of --va, --expr and --au");
    }
    try (ConsoleProgress progress = new ConsoleProgress()) {
      ConversionReport report =
          Conversion.run(folders, arguments.path("images"), arguments.path("out"), progress);
      arguments.print(out, report, report::toText);
    }
    return 0;
  }
}
