package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What other programs write into text files, named by its cause. */
class HeaderFaultTest {
  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "\"image\",\"valence\"        | got '\"image\",\"valence\"': write the fields without quotes",
    ",image,valence               | got ',image,valence': leave out the column without a name, such as an index",
    "{\"va\": {\"ccc\": 0.5}}     | got '{\"va\": {\"ccc\": 0.5}}': this is JSON",
    "[1, 2]                       | got '[1, 2]': this is JSON",
    "image;valence;arousal        | got 'image;valence;arousal': separate the fields by commas",
    "valence,arousal              | got 'valence,arousal'",
  })
  void theCauseIsNamed(String line, String message) {
    assertEquals(message, HeaderFault.of(line));
  }

  @Test
  void linesThatEndInACarriageReturnAloneAreOneLine() {
    assertEquals("got 'image\rv/1.jpg': end lines with a line feed", HeaderFault.of("image\rv/1.jpg"));
  }

  @Test
  void aLongLineIsShownByItsBeginningAndLength() throws IOException {
    String json = "{\"rows\": [" + "0, ".repeat(500_000) + "0]}";
    TextRows rows = new TextRows(Files.writeString(dir.resolve("report.json"), json), "a prediction file");
    rows.advance();
    String message = rows.headerError("expected the header").getMessage();
    assertTrue(message.endsWith("…', a line of 1500013 characters: this is JSON"), message);
    assertTrue(message.length() < dir.toString().length() + 200, message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "x-UTF-16LE-BOM"})
  void utf16IsNamed(String encoding) throws IOException {
    Path file = Files.write(dir.resolve("a.txt"), "image,valence\nv/1.jpg,0\n".getBytes(Charset.forName(encoding)));
    assertEquals(
        file + ": expected a list in UTF-8 text, but it is UTF-16; save it as UTF-8",
        assertThrows(InputException.class, () -> new TextRows(file, "a list")).getMessage());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "\"v/1.jpg\",0 | expected fields without quotes, got \"v/1.jpg\"; write them without",
    "v\\1.jpg,0    | expected an image path with '/', got 'v\\1.jpg'; write '/' for each '\\'",
  })
  void pathsOfOtherProgramsAreNamed(String line, String message) throws IOException {
    TextRows rows = new TextRows(Files.writeString(dir.resolve("a.txt"), line), "a list");
    rows.advance();
    assertEquals(
        dir.resolve("a.txt") + ":1: " + message, assertThrows(InputException.class, rows::imageField).getMessage());
  }

  @Test
  void quotedNumbersAreNamedToo() throws IOException {
    TextRows rows = new TextRows(Files.writeString(dir.resolve("a.txt"), "\"0.5\""), "a list");
    rows.advance();
    InputException e = assertThrows(InputException.class, () -> rows.number("valence"));
    assertTrue(e.getMessage().contains("without quotes"), e.getMessage());
  }
}
