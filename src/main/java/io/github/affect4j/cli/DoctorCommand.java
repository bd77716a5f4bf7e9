package io.github.affect4j.cli;

import io.github.affect4j.doctor.Diagnosis;
import io.github.affect4j.doctor.DiagnosisText;
import io.github.affect4j.doctor.Doctor;
import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** {@code doctor}: what was found on this machine, what will be used, what to do. */
final class DoctorCommand implements Command {
  @Override
  public String name() {
    return "doctor";
  }

  @Override
  public String summary() {
    return "examine this machine, and a data set: what will be used, what is in the way";
  }

  @Override
  public Options options() {
    return TrainingOptions.addCache(new Options())
        .addOption(Option.builder().longOpt("data").hasArg().argName("DIR")
            .desc("a data set folder, to count and check").get())
        .addOption(Option.builder().longOpt("json").desc("print JSON").get());
  }

  @Override
  public List<String> examples() {
    return List.of("affect4j doctor", "affect4j doctor --data s-aff-wild2 --json");
  }

  @Override
  public int run(CommandLine line, PrintStream out) throws ParseException {
    Arguments arguments = new Arguments(line);
    arguments.refuseOthers();
    Diagnosis diagnosis = Doctor.examine(arguments.path("data"), TrainingOptions.cache(line));
    arguments.print(out, diagnosis, () -> String.join("\n", DiagnosisText.lines(diagnosis)) + "\n");
    return diagnosis.healthy() ? 0 : 1;
  }
}
