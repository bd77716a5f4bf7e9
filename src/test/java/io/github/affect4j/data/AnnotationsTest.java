package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.io.InputException;
import io.github.affect4j.task.LabelSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnnotationsTest {
  private static final String GOOD = "v1/00001.jpg,0.25,-0.5,4,1,0,-1,1,0,1,1,0,0,0,1,0";

  @TempDir Path dir;

  private Path file(String... lines) throws IOException {
    return Files.writeString(dir.resolve("a.txt"), String.join("\n", lines));
  }

  @Test
  void readsTheOfficialForm() throws IOException {
    LabelSet labels = Annotations.read(file(Annotations.HEADER, GOOD));
    assertEquals(List.of("v1/00001.jpg"), labels.images());
    assertEquals(0.25, labels.valence()[0]);
    assertEquals(-0.5, labels.arousal()[0]);
    assertEquals(4, labels.expression()[0]);
    assertArrayEquals(new byte[] {1, 0, -1, 1, 0, 1, 1, 0, 0, 0, 1, 0}, labels.actionUnits());
  }

  @Test
  void keepsDuplicateRowsInOrder() throws IOException {
    LabelSet labels = Annotations.read(file(Annotations.HEADER, GOOD, GOOD.replace("v1", "v2"), GOOD));
    assertEquals(List.of("v1/00001.jpg", "v2/00001.jpg", "v1/00001.jpg"), labels.images());
  }

  @Test
  void acceptsWindowsLineEndsByteOrderMarkSpacesAndBlankLinesAtTheEnd() throws IOException {
    String spaced = GOOD.replace(",", " , ");
    Path file = Files.writeString(dir.resolve("w.txt"), "\uFEFF" + Annotations.HEADER + "\r\n" + spaced + "\r\n\r\n\n");
    assertEquals(1, Annotations.read(file).size());
  }

  @Test
  void acceptsTheHeaderWithTwelveNames() throws IOException {
    String header = "image,valence,arousal,expression,AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26";
    assertEquals(1, Annotations.read(file(header, GOOD)).size());
  }

  @Test
  void acceptsNumbersWithAFraction() throws IOException {
    LabelSet labels = Annotations.read(file(Annotations.HEADER, GOOD.replace(",4,1,", ",4.0,1.0,")));
    assertEquals(4, labels.expression()[0]);
  }

  @Test
  void halfAValenceArousalLabelIsNone() throws IOException {
    LabelSet labels = Annotations.read(file(Annotations.HEADER, GOOD.replace("0.25", "-5"), GOOD));
    assertFalse(labels.hasVa(0));
    assertTrue(labels.hasVa(1));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "0.25  | 1.01 | valence in [-1, 1]",
    "0.25  | -2   | valence in [-1, 1]",
    "0.25  | NaN  | got 'NaN'",
    "0.25  | ''   | got ''",
    "0.25  | 1f   | got '1f'",
    "0.25  | 0x1p0 | got '0x1p0'",
    ",4,   | ,0x1p2, | got '0x1p2'",
    "-0.5  | x    | arousal",
    ",4,   | ,8,  | expression as a whole number in 0..7",
    ",4,   | ,-2, | or -1 for no label",
    ",4,   | ,2.5, | got '2.5'",
    ",4,1, | ,4,2, | AU1 as 0 or 1",
    "1,0,0,0,1,0 | 1,0,0,0,1,NaN | AU26",
    "v1/00001.jpg | '' | image path",
    "v1/00001.jpg | ../00001.jpg | relative to the image folder",
    "v1/00001.jpg | /etc/passwd | relative to the image folder",
    "v1/00001.jpg | a/../../b.jpg | relative to the image folder",
    "0.25,  | '' | expected 16 fields",
    "0.25,  | '0.25,0,' | got 17",
  })
  void namesTheLineOfABadField(String find, String replacement, String message) throws IOException {
    Path file = file(Annotations.HEADER, GOOD, GOOD.replaceFirst(java.util.regex.Pattern.quote(find), replacement));
    InputException e = assertThrows(InputException.class, () -> Annotations.read(file));
    assertTrue(e.getMessage().startsWith(file + ":3: expected "), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  @ParameterizedTest
  @ValueSource(strings = {GOOD, "image,valence", "<html>", "valence,arousal,image,expression,aus"})
  void refusesAnotherHeader(String header) throws IOException {
    Path file = file(header, GOOD);
    InputException e = assertThrows(InputException.class, () -> Annotations.read(file));
    assertTrue(e.getMessage().startsWith(file + ":1: expected the header line"), e.getMessage());
  }

  @Test
  void refusesABlankLineBetweenRows() throws IOException {
    Path file = file(Annotations.HEADER, GOOD, "", GOOD);
    InputException e = assertThrows(InputException.class, () -> Annotations.read(file));
    assertTrue(e.getMessage().startsWith(file + ":3: "), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", Annotations.HEADER, Annotations.HEADER + "\n\n"})
  void refusesAFileWithoutRows(String text) throws IOException {
    Path file = Files.writeString(dir.resolve("a.txt"), text);
    assertThrows(InputException.class, () -> Annotations.read(file));
  }

  @Test
  void saysWhatIsWrongWithTheFileItself() throws IOException {
    InputException absent = assertThrows(InputException.class, () -> Annotations.read(dir.resolve("none")));
    assertTrue(absent.getMessage().contains("no such file"), absent.getMessage());
    InputException folder = assertThrows(InputException.class, () -> Annotations.read(dir));
    assertTrue(folder.getMessage().endsWith("it is a folder; of per-video files 'affect4j convert' makes one"),
        folder.getMessage());
    Path binary = Files.write(dir.resolve("b"), new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF});
    InputException bytes = assertThrows(InputException.class, () -> Annotations.read(binary));
    assertTrue(bytes.getMessage().contains("UTF-8"), bytes.getMessage());
  }

  @Test
  void writesWhatItReads() throws IOException {
    LabelSet labels = Annotations.read(file(Annotations.HEADER, GOOD, GOOD.replace("0.25", "-5"), GOOD));
    Path copy = dir.resolve("copy.txt");
    Annotations.write(copy, labels);
    LabelSet again = Annotations.read(copy);
    assertEquals(labels.images(), again.images());
    assertArrayEquals(labels.valence(), again.valence());
    assertArrayEquals(labels.arousal(), again.arousal());
    assertArrayEquals(labels.expression(), again.expression());
    assertArrayEquals(labels.actionUnits(), again.actionUnits());
    assertEquals(Annotations.HEADER, Files.readAllLines(copy).get(0));
  }
}
