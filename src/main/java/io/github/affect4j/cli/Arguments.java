package io.github.affect4j.cli;

import io.github.affect4j.io.Json;
import io.github.affect4j.io.Printable;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.ModelSpec;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.ParseException;

/** Typed option values of a command line; each failure is a usage error that says what was expected. */
record Arguments(CommandLine line) {

  boolean has(String option) {
    return line.hasOption(option);
  }

  /** {@code null} if the option is absent. */
  Path path(String option) throws ParseException {
    String value = line.getOptionValue(option);
    return value == null ? null : path("--" + option, value);
  }

  /** A path by whatever name the user gave it. */
  static Path path(String name, String value) throws ParseException {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) { // such as an umlaut under LC_ALL=C
      throw new ParseException("expected " + name + " to be a path, got " + Printable.quote(value) + ": "
          + e.getReason() + "; a UTF-8 locale may help (LC_ALL=C.UTF-8)");
    }
  }

  /** Refuses a result and another file that would be one: it would replace the other. */
  void refuseSameFile(String option, String other) throws ParseException {
    if (has(option) && has(other) && absolute(option).equals(absolute(other))) {
      throw new ParseException("expected --" + option + " and --" + other + " to be two files, got '"
          + line.getOptionValue(option) + "' twice");
    }
  }

  /** Refuses a result in a folder of inputs: it would replace one of them, or be taken for one the next time. */
  void refuseInside(String option, String folder) throws ParseException {
    if (has(folder) && absolute(folder).equals(absolute(option).getParent())) {
      throw new ParseException("expected --" + option + " to be outside the folder of --" + folder + ", got '"
          + line.getOptionValue(option) + "'");
    }
  }

  private Path absolute(String option) throws ParseException {
    return path(option).toAbsolutePath().normalize();
  }

  /** The model that {@code --task} names, mtl if it is absent. */
  ModelSpec model(String choices) throws ParseException {
    String name = line.getOptionValue("task", ModelSpec.MTL.name());
    ModelSpec spec = ModelSpec.named(name);
    if (spec == null) {
      throw expected("task", choices, name, "");
    }
    return spec;
  }

  int integer(String option, int absent, int smallest) throws ParseException {
    return integer(option, absent, smallest, Integer.MAX_VALUE);
  }

  int integer(String option, int absent, int smallest, int largest) throws ParseException {
    return (int) integer(option, (long) absent, smallest, largest);
  }

  long integer(String option, long absent, long smallest, long largest) throws ParseException {
    String value = line.getOptionValue(option);
    if (value == null) {
      return absent;
    }
    BigInteger number = whole(value);
    if (number != null
        && number.equals(number.max(BigInteger.valueOf(smallest)).min(BigInteger.valueOf(largest)))) {
      return number.longValue();
    }
    boolean open = largest == Integer.MAX_VALUE;
    String bounds = open ? " of at least " + smallest : " in " + smallest + ".." + largest;
    boolean tooLarge = open && number != null && number.signum() > 0;
    throw expected(option, "a whole number" + bounds, value, tooLarge ? "; the largest is " + largest : "");
  }

  /** {@code null} for anything but digits: Java also reads those of other scripts. */
  private static BigInteger whole(String value) {
    return value.matches("[+-]?[0-9]{1,100}") ? new BigInteger(value) : null;
  }

  double number(String option, double absent, double smallest, double largest) throws ParseException {
    String value = line.getOptionValue(option);
    if (value == null) {
      return absent;
    }
    double number = decimal(value);
    if (number >= smallest && number <= largest) {
      return number;
    }
    boolean open = largest == Double.MAX_VALUE;
    String bounds = open ? " of at least " + smallest : " in [" + smallest + ", " + largest + "]";
    throw expected(option, "a number" + bounds, value, whyNot(value));
  }

  /** A number as the engine can hold it, in 32 bits; NaN if it is none, or would become 0 or infinite. */
  static double decimal(String value) {
    return whyNot(value).isEmpty() ? TextRows.decimal(value) + 0.0 : Double.NaN; // the sum makes 0 of -0
  }

  private static String whyNot(String value) {
    double number = TextRows.decimal(value);
    if (Double.isNaN(number)) {
      return "; write it in digits, such as 0.001 or 1e-3";
    }
    if (Math.abs(number) > Float.MAX_VALUE) {
      return "; the largest is " + Float.MAX_VALUE;
    }
    boolean zero = value.matches("[^1-9eE]*([eE].*)?");
    return zero || Math.abs(number) >= Float.MIN_NORMAL ? "" : "; the smallest above 0 is " + Float.MIN_NORMAL;
  }

  /** A constant by its lower-case name. */
  <E extends Enum<E>> E choice(String option, E absent) throws ParseException {
    String value = line.getOptionValue(option);
    E[] constants = absent.getDeclaringClass().getEnumConstants();
    for (E constant : constants) {
      if (value == null || name(constant).equals(value)) {
        return value == null ? absent : constant;
      }
    }
    String choices = Arrays.stream(constants).map(Arguments::name).collect(Collectors.joining(" or "));
    throw expected(option, choices, value, "");
  }

  /** Refuses arguments that belong to no option. */
  void refuseOthers() throws ParseException {
    if (!line.getArgList().isEmpty()) {
      throw new ParseException("expected options only, got " + Printable.quote(line.getArgList().get(0)));
    }
  }

  /** Prints a result: for people, or, if {@code --json} asks for it, exactly. */
  void print(PrintStream out, Object report, Supplier<String> text) {
    out.print(has("json") ? Json.pretty(report) + "\n" : Printable.lines(text.get()));
  }

  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static ParseException expected(String option, String what, String value, String hint) {
    return new ParseException("expected --" + option + " to be " + what + ", got " + Printable.quote(value) + hint);
  }
}
