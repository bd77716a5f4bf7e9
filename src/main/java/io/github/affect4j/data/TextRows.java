package io.github.affect4j.data;

import io.github.affect4j.io.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Cursor over the lines of a comma-separated text file and the fields of the current line. Accepts
 * LF and CRLF, a UTF-8 byte order mark, spaces around fields, and blank lines at the end only.
 */
final class TextRows {
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final Path file;
  private final String text;
  private final int end;
  private int next;
  private int fieldStart;
  private int lineEnd;
  private long line;

  TextRows(Path file, String whatItIs) {
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
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": expected " + whatItIs + ", but there is no such file; check the path", e);
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": expected " + whatItIs + " in UTF-8 text, but it holds other bytes", e);
    } catch (IOException e) {
      String reason = Files.isDirectory(file) ? "it is a folder" : String.valueOf(e.getMessage());
      throw new InputException(file + ": expected " + whatItIs + ", but it cannot be read: " + reason, e);
    }
  }

  /** Moves to the next line; false after the last one. */
  boolean advance() {
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

  /** The whole line, stripped. */
  String wholeLine() {
    return text.substring(fieldStart, lineEnd).strip();
  }

  /** Number of fields from here to the end of the line. */
  int fieldsLeft() {
    int fields = 1;
    for (int i = fieldStart; i < lineEnd; i++) {
      if (text.charAt(i) == ',') {
        fields++;
      }
    }
    return fields;
  }

  /** The next field of the line, stripped. */
  String field() {
    int comma = text.indexOf(',', fieldStart);
    int fieldEnd = comma < 0 || comma > lineEnd ? lineEnd : comma;
    String value = text.substring(Math.min(fieldStart, fieldEnd), fieldEnd).strip();
    fieldStart = fieldEnd + 1;
    return value;
  }

  /** The next field, which must be an image path that stays inside the image root. */
  String imageField() {
    String image = field();
    if (image.isEmpty()) {
      throw error("expected an image path <video>/<frame>.jpg, but it is blank; remove the line or name the image");
    }
    if (image.startsWith("/") || image.indexOf('\\') >= 0 || image.indexOf('\0') >= 0 || leavesRoot(image)) {
      throw error("expected an image path relative to the image folder, got '" + image + "'");
    }
    return image;
  }

  private static boolean leavesRoot(String image) {
    return image.equals("..") || image.startsWith("../") || image.contains("/../") || image.endsWith("/..");
  }

  /** A failure at the current line. */
  InputException error(String message) {
    return InputException.at(file, Math.max(line, 1), message);
  }
}
