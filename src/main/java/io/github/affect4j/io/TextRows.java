package io.github.affect4j.io;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Cursor over the lines of a comma-separated text file and the fields of the current line. Accepts
 * LF and CRLF, a UTF-8 byte order mark, spaces around fields, and blank lines at the end only.
 */
public final class TextRows {
  private static final String DECIMAL = "0123456789+-.eE";

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /** What Java makes of bytes that are no UTF-8; text may hold it too. */
  private static final char REPLACEMENT = '\uFFFD';

  /** A gigabyte: predictions of all tasks for four million images. */
  private static final int LARGEST = 1 << 30;

  private final Path file;
  private final String text;
  private final int end;
  private int next;
  private int fieldStart;
  private int lineEnd;
  private long line;

  /**
   * Opens a file.
   *
   * @param whatItIs the file's kind with its article, for messages
   * @throws InputException if it is missing, too large or not UTF-8 text
   */
  public TextRows(Path file, String whatItIs) {
    this.file = file;
    text = decode(file, whatItIs);
    int last = text.length();
    while (last > 0 && Character.isWhitespace(text.charAt(last - 1))) {
      last--;
    }
    end = last;
    next = !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? 1 : 0;
  }

  private static String decode(Path file, String whatItIs) {
    byte[] bytes = InputFile.read(file, whatItIs, LARGEST);
    try {
      if (isUtf16(bytes)) {
        throw InputException.in(
            file, "expected " + whatItIs + " in UTF-8 text, but it is UTF-16; save it as UTF-8");
      }
      String decoded = new String(bytes, StandardCharsets.UTF_8); // takes half the memory of a decoder
      if (decoded.indexOf(REPLACEMENT) >= 0) {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      }
      return decoded;
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": expected " + whatItIs + " in UTF-8 text, but it holds other bytes;"
          + " save it as UTF-8", e);
    } catch (OutOfMemoryError e) {
      throw InputFile.fullHeap(file, whatItIs, e);
    }
  }

  /** By its byte order mark, or, since without one it is UTF-8 by chance, by a zero beside the first letter. */
  private static boolean isUtf16(byte[] bytes) {
    if (bytes.length < 2) {
      return false;
    }
    int mark = Byte.toUnsignedInt(bytes[0]) << 8 | Byte.toUnsignedInt(bytes[1]);
    return mark == 0xFEFF || mark == 0xFFFE || (bytes[0] == 0) != (bytes[1] == 0);
  }

  /** Moves to the next line; false after the last one. */
  public boolean advance() {
    if (next >= end) {
      return false;
    }
    int lineFeed = text.indexOf('\n', next);
    fieldStart = next;
    lineEnd = lineFeed < 0 || lineFeed > end ? end : lineFeed;
    next = lineEnd + 1;
    line++;
    return true;
  }

  /** The file that the rows are of. */
  public Path file() {
    return file;
  }

  /** The whole line, stripped. */
  public String wholeLine() {
    return text.substring(fieldStart, lineEnd).strip();
  }

  /** Number of fields from here to the end of the line. */
  public int fieldsLeft() {
    int fields = 1;
    for (int i = fieldStart; i < lineEnd; i++) {
      if (text.charAt(i) == ',') {
        fields++;
      }
    }
    return fields;
  }

  /** Refuses a line, none of whose fields was read yet, with another number of them. */
  public void requireFields(int expected) {
    if (fieldsLeft() != expected) {
      throw error("expected " + expected + " fields, got " + fieldsLeft());
    }
  }

  /** The next field of the line, stripped; empty after the last one. */
  public String field() {
    int begin = Math.min(fieldStart, lineEnd);
    int fieldEnd = begin;
    while (fieldEnd < lineEnd && text.charAt(fieldEnd) != ',') { // indexOf would look beyond the line's end
      fieldEnd++;
    }
    String value = text.substring(begin, fieldEnd).strip();
    fieldStart = fieldEnd + 1;
    if (value.startsWith("\"")) {
      throw error("expected fields without quotes, got " + value + "; write them without");
    }
    return value;
  }

  /** The next field as a finite number. */
  public double number(String name) {
    String field = field();
    double value = decimal(field);
    if (!Double.isFinite(value)) {
      throw notFinite(name, field);
    }
    return value;
  }

  /** The next field as a finite 32-bit number, rounded once. */
  public float float32(String name) {
    String field = field();
    try {
      float value = isDecimal(field) ? Float.parseFloat(field) : Float.NaN;
      if (Float.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw notFinite(name, field);
  }

  private InputException notFinite(String name, String field) {
    return error("expected " + name + " as a finite number, got " + Printable.quote(field));
  }

  /**
   * The next field as a whole number in a range; some releases write 3.0 for 3.
   *
   * @param what what is expected, for the message, such as {@code AU1 as 0 or 1}
   */
  public int integer(String what, int smallest, int largest) {
    String field = field();
    int digit = field.length() == 1 ? field.charAt(0) - '0' : -1; // almost all are
    if (digit >= Math.max(smallest, 0) && digit <= Math.min(largest, 9)) {
      return digit;
    }
    double value = decimal(field);
    if (value == Math.rint(value) && value >= smallest && value <= largest) {
      return (int) value;
    }
    throw error("expected " + what + ", got " + Printable.quote(field));
  }

  /** The number that a field holds; NaN if it is none. */
  public static double decimal(String field) {
    try {
      return isDecimal(field) ? Double.parseDouble(field) : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** Keeps out what Java alone reads as a number: 1f, 0x1p3, NaN. */
  private static boolean isDecimal(String field) {
    for (int i = 0; i < field.length(); i++) {
      if (DECIMAL.indexOf(field.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  /** The next field, which must be an image path that stays inside the image root. */
  public String imageField() {
    String image = field();
    if (image.isEmpty()) {
      throw error("expected an image path <video>/<frame>.jpg, but it is blank; remove the line or name the image");
    }
    if (image.indexOf('\\') >= 0) {
      throw error("expected an image path with '/', got " + Printable.quote(image) + "; write '/' for each '\\'");
    }
    if (image.startsWith("/") || image.indexOf('\0') >= 0 || leavesRoot(image)) {
      throw error("expected an image path relative to the image folder, got " + Printable.quote(image));
    }
    return image;
  }

  private static boolean leavesRoot(String image) {
    return image.equals("..") || image.startsWith("../") || image.contains("/../") || image.endsWith("/..");
  }

  /**
   * Checks that a text can be written as one field, since the formats know no quotes.
   *
   * @return the text
   * @throws InputException if it holds a comma or a line break
   */
  public static String requireField(String text) {
    if (text.indexOf(',') >= 0 || text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
      throw new InputException(
          "expected an image path without commas and line breaks, got " + Printable.quote(text) + "; rename it");
    }
    return text;
  }

  /**
   * A failure at the current line, which is no header of the file's kind.
   *
   * @param expected what was, such as {@code expected the header 'valence,arousal'}
   */
  public InputException headerError(String expected) {
    return error(expected + ", " + HeaderFault.of(wholeLine()));
  }

  /** A failure at the current line. */
  public InputException error(String message) {
    return InputException.at(file, Math.max(line, 1), message);
  }
}
