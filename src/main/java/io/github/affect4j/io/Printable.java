package io.github.affect4j.io;

import java.util.regex.Pattern;

/**
 * Text that holds parts of files, paths and options, made fit for a terminal: what would move its cursor, turn text
 * around or fill its screen is taken out. Files and JSON keep such parts as they are.
 */
public final class Printable {
  /** Control and format characters (such as escape and right-to-left override), line separators, lone surrogates. */
  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}&&[^\n\t]]");

  private static final int LONGEST_VALUE = 80;
  private static final int LONGEST_LINE = 2000;
  private static final int END_OF_LINE = 500;

  private Printable() {}

  /** One line; of a very long one its begin, which says where, and its end, which says what to do. */
  public static String line(String text) {
    String begin = text;
    String end = "";
    if (text.length() > LONGEST_LINE) {
      begin = text.substring(0, LONGEST_LINE - END_OF_LINE) + " … ";
      end = text.substring(text.length() - END_OF_LINE);
    }
    return lines(begin + end).replace('\n', '?');
  }

  /** A text of any number of lines. */
  public static String lines(String text) {
    return UNPRINTABLE.matcher(text).replaceAll("?");
  }

  /** A value in quotes for a sentence, shortened so that the sentence is read to its end. */
  public static String quote(String value) {
    return "'" + (value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE) + "…") + "'";
  }
}
