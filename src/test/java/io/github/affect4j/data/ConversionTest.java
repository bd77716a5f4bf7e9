package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.RecordingProgress;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversionTest {
  private static final String EXPR_HEADER = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n";
  private static final String NO_UNIT = ",-1".repeat(12);

  @TempDir Path dir;
  private Path images;
  private Path out;
  private final RecordingProgress progress = new RecordingProgress();

  @BeforeEach
  void makeFolders() throws IOException {
    images = Files.createDirectories(dir.resolve("cropped_aligned"));
    out = dir.resolve("training.txt");
  }

  private void write(String file, String text) throws IOException {
    Path path = dir.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void image(String... names) throws IOException {
    for (String name : names) {
      write("cropped_aligned/" + name, "");
    }
  }

  private ConversionReport run(Task... tasks) {
    Map<Task, Path> folders = new java.util.EnumMap<>(Task.class);
    Stream.of(tasks).forEach(task -> folders.put(task, dir.resolve(task.label())));
    return Conversion.run(folders, images, out, progress);
  }

  private String refused(Task... tasks) {
    String message = assertThrows(InputException.class, () -> run(tasks)).getMessage();
    assertEquals(1, message.lines().count());
    assertFalse(Files.exists(out));
    return message;
  }

  private List<String> rows() throws IOException {
    List<String> lines = Files.readAllLines(out);
    assertEquals(Annotations.HEADER, lines.get(0));
    assertEquals(lines.size() - 1, Annotations.read(out).size());
    return lines.subList(1, lines.size());
  }

  @Test
  void aRowNeedsAnImageAndALabel() throws IOException {
    write("expr/b.txt", EXPR_HEADER + "3.0\n-1\n0\n7");
    write("expr/a_left.txt", EXPR_HEADER + "1\r\n2\r\n\r\n");
    image("b/00001.jpg", "b/00002.jpg", "b/00004.jpg", "b/00009.jpg", "b/notes.txt", "a_left/00002.jpg", "a/00001.jpg");

    ConversionReport report = run(Task.EXPR);

    assertEquals(
        List.of("a_left/00002.jpg,-5,-5,2" + NO_UNIT, "b/00001.jpg,-5,-5,3" + NO_UNIT, "b/00004.jpg,-5,-5,7" + NO_UNIT),
        rows());
    assertEquals(new ConversionReport(out, 2, 3, 0, 3, 0, 2, 2, List.of()), report);
    assertEquals(
        out + ": 3 rows of 2 videos; labelled VA 0, EXPR 3, AU 0\n"
            + "left out: 2 labelled frames without an image, 2 images without a label\n",
        report.toText());
    assertEquals(
        List.of("warning: of 1 of 2 videos the last image is not that of the last line; that line n is image n all the"
            + " same was assumed for 2 rows, such as those of b"),
        progress.lines);
  }

  @Test
  void asManyLinesAsImagesNeedNoWord() throws IOException {
    write("va/a.txt", "valence,arousal\n0,0\n-5,-5\n0,0\n");
    write("expr/a.txt", EXPR_HEADER + "4\n4\n4\n");
    image("a/00003.jpg");
    assertEquals(1, run(Task.VA, Task.EXPR).rows());
    assertEquals(List.of(), progress.lines);
  }

  /** Images show how long a video is at least: a file that is much shorter lacks lines somewhere. */
  @Test
  void aFileThatLacksLinesIsRefused() throws IOException {
    write("expr/a.txt", EXPR_HEADER + "4\n".repeat(40));
    write("va/a.txt", "valence,arousal\n" + "0,0\n".repeat(45));
    image("a/00001.jpg", "a/00045.jpg");
    assertEquals(1, run(Task.EXPR).rows());
    assertEquals(2, run(Task.EXPR, Task.VA).rows());
    assertEquals(2, progress.lines.size(), progress.lines::toString);
    Files.delete(out);

    image("a/00046.jpg");
    assertEquals(
        dir.resolve("expr/a.txt") + ": expected a line for each of the 46 frames of the video by its images, got 40;"
            + " line n is taken for frame n, so complete the file or leave it out",
        refused(Task.EXPR));
    Files.delete(images.resolve("a/00046.jpg"));
    write("va/a.txt", "valence,arousal\n" + "0,0\n".repeat(46));
    assertTrue(refused(Task.EXPR, Task.VA).contains("the 46 frames of the video by another task's file, got 40"));
  }

  @Test
  void imagesNumberedFromZeroAreRefused() throws IOException {
    write("expr/a.txt", EXPR_HEADER + "4\n4\n");
    image("a/00000.jpg", "a/00001.jpg");
    assertTrue(refused(Task.EXPR).contains("expected images counted from 00001.jpg"));
  }

  @Test
  void whatIsNamedOtherwiseIsLeftOutWithAWord() throws IOException {
    write("expr/a.txt", EXPR_HEADER + "4\n");
    write("expr/b.TXT", EXPR_HEADER + "4\n");
    write("expr/c.csv", EXPR_HEADER + "4\n");
    image("a/00001.jpg", "a/1.jpg", "a/-0001.jpg", "b/00001.jpg", "b/00002.JPG", "b/notes.txt");
    assertEquals(2, run(Task.EXPR).rows());
    assertEquals(
        List.of("warning: 1 entries of " + dir.resolve("expr") + " are not named <video>.txt and were ignored, such as"
                + " c.csv",
            "warning: 3 images are not named by their frame, such as <video>/00001.jpg, and are left out, such as"
                + " a/-0001.jpg"),
        progress.lines);
  }

  @Test
  void aFolderInAnotherUnicodeFormIsNamed() throws IOException {
    assumeTrue(System.getProperty("sun.jnu.encoding").equals("UTF-8"), "paths in a UTF-8 locale");
    write("expr/caf\u00e9.txt", EXPR_HEADER + "4\n");
    image("cafe\u0301/00001.jpg");
    assertTrue(refused(Task.EXPR).endsWith("; the same name is there in another Unicode form, so write both in NFC"));
  }

  /** Tasks do not annotate the same videos, nor the same number of frames. */
  @Test
  void whatATaskDoesNotSayIsMarkedMissing() throws IOException {
    write("va/a.txt", "valence,arousal\n0.25,-0.0005\n-5,-5\n1,-1\n");
    write("va/c.txt", "valence,arousal\n-5,0.5\n");
    write("expr/a.txt", EXPR_HEADER + "4\n");
    write("expr/b.txt", EXPR_HEADER + "5\n");
    write("au/a.txt", String.join(",", VideoFormat.columns(Task.AU)) + "\n" + "1,0,".repeat(5) + "1,-1\n");
    image("a/00001.jpg", "a/00002.jpg", "a/00003.jpg", "b/00001.jpg", "c/00001.jpg");

    ConversionReport report = run(Task.VA, Task.EXPR, Task.AU);

    assertEquals(
        List.of("a/00001.jpg,0.25,-5.0E-4,4" + ",1,0".repeat(5) + ",1,-1", "a/00003.jpg,1,-1,-1" + NO_UNIT,
            "b/00001.jpg,-5,-5,5" + NO_UNIT),
        rows());
    assertEquals(new ConversionReport(out, 2, 3, 2, 2, 1, 0, 2, List.of()), report);
  }

  @Test
  void videosWithoutAFolderAreNamedOnce() throws IOException {
    for (String video : List.of("a", "b", "c", "d", "e")) {
      write("expr/" + video + ".txt", EXPR_HEADER + "4\n");
    }
    image("c/00001.jpg");
    assertEquals(new ConversionReport(out, 1, 1, 0, 1, 0, 4, 0, List.of("a", "b", "d", "e")), run(Task.EXPR));
    assertEquals(
        List.of("warning: 4 of 5 annotated videos have no folder of images and are left out: a, b, d and 1 more"),
        progress.lines);
  }

  @Test
  void noRowIsAFailure() throws IOException {
    write("expr/a.txt", EXPR_HEADER + "4\n4\n");
    assertTrue(refused(Task.EXPR).startsWith(images + ": expected a folder of images for each annotated video"));
    image("a/1.jpg");
    assertTrue(refused(Task.EXPR).contains("but none of 2 labelled frames has one, only others such as a/1.jpg; "));
    Files.move(images.resolve("a/1.jpg"), images.resolve("a/00001.png"));
    assertTrue(refused(Task.EXPR).contains("but none of 2 labelled frames has one, only others such as a/00001.png; "));
    Files.delete(images.resolve("a/00001.png"));
    assertTrue(refused(Task.EXPR).contains("but none of 2 labelled frames has one; "));
    write("expr/a.txt", EXPR_HEADER + "-1\n");
    assertTrue(refused(Task.EXPR).contains("but no frame is labelled"));
    images = dir.resolve("none");
    assertTrue(refused(Task.EXPR).startsWith(images + ": expected a folder of one folder of images a video"));
  }

  /** Nothing is left of what was written before the mistake, and a file of before stays. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "4;8       | :3: expected the expression as a whole number",
    "4;;4      | :3: expected the expression as a whole number",
    "4;1,2     | :3: expected 1 fields, got 2",
    "4;x       | :3: expected the expression",
  })
  void mistakesAreNamedByLine(String lines, String message) throws IOException {
    write("expr/a.txt", EXPR_HEADER + "4\n");
    write("expr/b.txt", EXPR_HEADER + lines.replace(';', '\n') + "\n");
    image("a/00001.jpg", "b/00001.jpg");
    assertTrue(refused(Task.EXPR).startsWith(dir.resolve("expr/b.txt") + message));
    Files.writeString(out, "before");
    assertThrows(InputException.class, () -> run(Task.EXPR));
    assertEquals("before", Files.readString(out));
    try (Stream<Path> files = Files.list(dir)) {
      assertEquals(3, files.count());
    }
  }

  @Test
  void foldersOfAnotherTaskAreRefused() throws IOException {
    write("va/a.txt", EXPR_HEADER + "4\n");
    image("a/00001.jpg");
    assertEquals(
        dir.resolve("va/a.txt") + ":1: expected the header 'valence,arousal', got that of expr; name this folder with"
            + " --expr",
        refused(Task.VA));
    write("va/a.txt", "hello\n");
    assertTrue(refused(Task.VA).startsWith(dir.resolve("va/a.txt") + ":1: expected the header of a per-video file"));
    String expected = dir.resolve("au") + ": expected a folder of per-video files, but ";
    assertEquals(expected + "there is none; check the path", refused(Task.AU));
    write("au", "");
    assertEquals(expected + "it is a file; check the path", refused(Task.AU));
    Files.delete(dir.resolve("au"));
    Files.createDirectories(dir.resolve("au/Train_Set"));
    assertTrue(refused(Task.AU).startsWith(dir.resolve("au") + ": expected per-video files <video>.txt"));
  }
}
