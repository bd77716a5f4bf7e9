package io.github.affect4j.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
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
    try {
      return value == null ? null : Path.of(value);
    } catch (InvalidPathException e) {
      throw expected(option, "a path", value);
    }
  }

  int integer(String option, int absent, int smallest) throws ParseException {
    return Math.toIntExact(integer(option, absent, smallest, Integer.MAX_VALUE));
  }

  long integer(String option, long absent, long smallest, long largest) throws ParseException {
    String value = line.getOptionValue(option);
    try {
      long number = value == null ? absent : Long.parseLong(value);
      if (number >= smallest && number <= largest) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    String atLeast = smallest == Long.MIN_VALUE ? "" : " of at least " + smallest;
    String bounds = largest >= Integer.MAX_VALUE ? atLeast : " in " + smallest + ".." + largest;
    throw expected(option, "a whole number" + bounds, value);
  }

  double number(String option, double absent, double smallest, double largest) throws ParseException {
    String value = line.getOptionValue(option);
    try {
      double number = value == null ? absent : Double.parseDouble(value);
      if (number >= smallest && number <= largest) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    boolean unbounded = largest == Double.MAX_VALUE;
    String bounds = unbounded ? " of at least " + smallest : " in [" + smallest + ", " + largest + "]";
    throw expected(option, "a number" + bounds, value);
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
    throw expected(option, Arrays.stream(constants).map(Arguments::name).collect(Collectors.joining(" or ")), value);
  }

  /** Refuses arguments that belong to no option. */
  void refuseOthers() throws ParseException {
    if (!line.getArgList().isEmpty()) {
      throw new ParseException("expected options only, got '" + line.getArgList().get(0) + "'");
    }
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static ParseException expected(String option, String what, String value) {
    return new ParseException("expected --" + option + " to be " + what + ", got '" + value + "'");
  }
}
