package io.github.affect4j.cli;

import io.github.affect4j.engine.EngineException;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** Entry point: picks the command, parses its options, turns failures into one line and a code. */
public final class Main {
  private static final int OK = 0;
  private static final int FAILURE = 1;
  private static final int USAGE = 2;
  /** Another rank is gone, or was told to stop (EX_TEMPFAIL): ranks started anew may go on from the checkpoint. */
  static final int STOPPED = 75;

  private final List<Command> commands;
  private final PrintStream out;
  private final PrintStream err;

  Main(List<Command> commands, PrintStream out, PrintStream err) {
    this.commands = commands;
    this.out = out;
    this.err = err;
  }

  public static void main(String[] args) {
    System.exit(new Main(Commands.all(), System.out, System.err).run(args));
  }

  int run(String... args) {
    int code = dispatch(args);
    if (out.checkError()) { // a PrintStream keeps to itself that the disk is full
      tell("affect4j: standard output cannot be written, so what was printed is not whole; its disk is full, or"
          + " its reader has left");
      return code == OK ? FAILURE : code;
    }
    return code;
  }

  private int dispatch(String... args) {
    if (args.length == 0 || List.of("--help", "-h", "help").contains(args[0])) {
      printOverview(args.length == 0 ? err : out);
      return args.length == 0 ? USAGE : OK;
    }
    if (args[0].equals("--version")) {
      out.println("affect4j " + version());
      return OK;
    }
    for (Command command : commands) {
      if (command.name().equals(args[0])) {
        return run(command, Arrays.copyOfRange(args, 1, args.length));
      }
    }
    tell("affect4j: there is no command " + Printable.quote(args[0]) + "; 'affect4j --help' lists them");
    return USAGE;
  }

  private static String version() {
    try (InputStream file = Main.class.getResourceAsStream("version.txt")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int run(Command command, String[] args) {
    List<String> own = beforeTheSeparator(args);
    try {
      Options options = withCommonOptions(command.options());
      if (own.contains("--help") || own.contains("-h")) {
        out.println(new HelpText(command, options));
        return OK;
      }
      CommandLine line = DefaultParser.builder().setAllowPartialMatching(false).get().parse(options, args);
      requireOnce(line);
      return command.run(line, out);
    } catch (Exception | VirtualMachineError | LinkageError e) {
      if (own.contains("--stacktrace")) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        err.print(Printable.lines(trace.toString()));
      }
      String rank = System.getenv("RANK");
      tell("affect4j " + command.name() + (rank == null ? "" : " (rank " + rank + ")") + ": " + sentence(e));
      return exitCode(e);
    }
  }

  private void tell(String sentence) {
    err.println(Printable.line(sentence));
  }

  /** What follows {@code --} belongs to another command. */
  private static List<String> beforeTheSeparator(String[] args) {
    int separator = Arrays.asList(args).indexOf("--");
    return Arrays.asList(args).subList(0, separator < 0 ? args.length : separator);
  }

  private static void requireOnce(CommandLine line) throws ParseException {
    Set<String> seen = new HashSet<>();
    for (Option option : line.getOptions()) {
      if (!seen.add(option.getLongOpt())) {
        throw new ParseException("expected --" + option.getLongOpt() + " once, got it twice");
      }
    }
  }

  private static int exitCode(Throwable e) {
    if (e instanceof EngineException engine && engine.kind() == EngineException.Kind.PEER_LOST) {
      return STOPPED;
    }
    return e instanceof ParseException ? USAGE : FAILURE;
  }

  private static Options withCommonOptions(Options options) {
    options.addOption(Option.builder("h").longOpt("help").desc("this text").get());
    options.addOption(Option.builder().longOpt("stacktrace").desc("on failure, print the stack trace too").get());
    return options;
  }

  private static String sentence(Throwable e) {
    if (e instanceof ParseException) {
      return e.getMessage() + "; see --help";
    }
    if (e instanceof UncheckedIOException unchecked) {
      return sentence(unchecked.getCause());
    }
    if (e instanceof OutOfMemoryError) {
      return outOfMemory(String.valueOf(e.getMessage()));
    }
    if (e instanceof InternalError) { // how Java tells that a mapped page could not be read
      return "a memory-mapped file cannot be read (" + e.getMessage() + "); check its disk, and who else writes it";
    }
    if (e instanceof ExceptionInInitializerError && e.getCause() != null) { // such as the JDK's at its first file
      return sentence(e.getCause());
    }
    if (e instanceof LinkageError) {
      return "the native library cannot be loaded (" + e.getMessage() + "); 'affect4j doctor' says what to do";
    }
    if (e instanceof FileSystemException file) {
      return file.getFile() + ": " + InputException.reason(file);
    }
    boolean expected = e instanceof InputException || e instanceof IOException
        || e instanceof io.github.affect4j.engine.EngineException;
    return expected ? e.getMessage() : e + " (a defect of affect4j: please report it with --stacktrace)";
  }

  /** Java has one error for all that it could not get. */
  private static String outOfMemory(String said) {
    if (said.startsWith("unable to create native thread")) {
      return "Java cannot start another thread; raise what limits threads (ulimit -u, a container's pids.max) or"
          + " address space (ulimit -v)";
    }
    if (said.startsWith("Unable to allocate") || said.startsWith("Map failed")) {
      return "too little memory or address space outside of Java's heap (" + said + "); use a smaller batch, or raise"
          + " ulimit -v or the container's memory";
    }
    return "the Java heap is full (" + said + "); give it more with AFFECT4J_JAVA_OPTS=-Xmx…";
  }

  private void printOverview(PrintStream stream) {
    stream.println("usage: affect4j <command> [options]\n       affect4j --version\n");
    for (Command command : commands) {
      stream.printf("  %-10s %s%n", command.name(), command.summary());
    }
    stream.println("\n'affect4j <command> --help' shows options and examples.");
  }
}
