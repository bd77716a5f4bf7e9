package io.github.affect4j.cli;

import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** One command of {@code bin/affect4j}: turns options into a record and calls the room that works. */
interface Command {
  /** Name on the command line. */
  String name();

  /** One line for the overview. */
  String summary();

  /** Arguments after the options, for the usage line, such as {@code DIR}; may be empty. */
  default String arguments() {
    return "";
  }

  /** Its options; {@code --help} and {@code --stacktrace} are added to all commands. */
  Options options();

  /** Complete command lines that work, for {@code --help}. */
  List<String> examples();

  /**
   * Does the work. Results go to {@code out}; progress and warnings go to standard error.
   *
   * @return the exit code: 0, or 1 if the work ended without success but has reported why
   * @throws ParseException for a usage error: exit code 2
   * @throws io.github.affect4j.io.InputException for a failure of the user's input: exit code 1
   */
  int run(CommandLine line, PrintStream out) throws Exception;
}
