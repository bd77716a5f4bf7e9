package io.github.affect4j.cli;

import io.github.affect4j.task.ModelSpec;
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
    return value == null ? null : path("--" + option, value);
  }

  /** A path by whatever name the user gave it. */
  static Path path(String name, String value) throws ParseException {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) { // such as an umlaut under LC_ALL=C
      throw new ParseException("expected " + name + " to be a path, got '" + value + "': " + e.getReason()
          + "; a UTF-8 locale may help (LC_ALL=C.UTF-8)");
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
      throw expected("task", choices, name);
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

  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static ParseException expected(String option, String what, String value) {
    return new ParseException("expected --" + option + " to be " + what + ", got '" + value + "'");
  }
}
