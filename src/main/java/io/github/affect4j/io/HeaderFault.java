package io.github.affect4j.io;

/** Why a file's first line is not the header that was expected, as far as it shows. */
final class HeaderFault {
  private static final int SHOWN = 60;

  private HeaderFault() {}

  /** The beginning of the line, and the cause if it is a known one. */
  static String of(String line) {
    String cause = cause(line);
    return "got " + shown(line) + (cause.isEmpty() ? "" : ": " + cause);
  }

  private static String shown(String line) {
    return line.length() <= SHOWN
        ? "'" + line + "'"
        : "'" + line.substring(0, SHOWN) + "…', a line of " + line.length() + " characters";
  }

  private static String cause(String line) {
    if (line.startsWith("{") || line.startsWith("[")) {
      return "this is JSON";
    }
    if (line.indexOf('"') >= 0) {
      return "write the fields without quotes";
    }
    if (line.startsWith(",")) {
      return "leave out the column without a name, such as an index";
    }
    if (line.indexOf('\r') >= 0) {
      return "end lines with a line feed";
    }
    boolean separated = line.indexOf(',') < 0 && (line.indexOf(';') >= 0 || line.indexOf('\t') >= 0);
    return separated ? "separate the fields by commas" : "";
  }
}
