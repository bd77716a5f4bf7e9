package io.github.affect4j.fusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.Annotations;
import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Raw prediction files and submissions. */
class PredictionFilesTest {
  private static final String RAW_VA_HEADER = "image,valence_logit,arousal_logit\n";
  private static final String UNITS = ",0,1,0,1,0,1,0,1,0,1,0,1";

  @TempDir Path dir;

  @Test
  void rawPredictionsReadBackBitForBit() throws IOException {
    RawPredictions predictions = random(200, EnumSet.allOf(Task.class));
    RawPredictionFile.write(dir.resolve("raw.csv"), predictions);
    RawPredictions again = RawPredictionFile.read(dir.resolve("raw.csv"));
    assertEquals(predictions.images(), again.images());
    assertArrayEquals(predictions.logits(), again.logits());
  }

  @ParameterizedTest
  @EnumSource(Task.class)
  void anAbsentHeadHasNoColumns(Task task) throws IOException {
    RawPredictions predictions = random(3, EnumSet.of(task));
    RawPredictionFile.write(dir.resolve("raw.csv"), predictions);
    String header = Files.readAllLines(dir.resolve("raw.csv")).get(0);
    assertEquals(1 + task.outputs(), header.split(",").length);
    RawPredictions again = RawPredictionFile.read(dir.resolve("raw.csv"));
    assertEquals(Set.of(task), again.tasks());
    assertArrayEquals(predictions.logits(), again.logits());
    assertEquals(Set.of(task), again.decode().tasks());
  }

  @Test
  void duplicateImagesKeepTheirRows() throws IOException {
    Files.writeString(dir.resolve("raw.csv"), RAW_VA_HEADER + "v/00001.jpg,1,2\nv/00001.jpg,3,4\n");
    RawPredictions predictions = RawPredictionFile.read(dir.resolve("raw.csv"));
    assertEquals(List.of("v/00001.jpg", "v/00001.jpg"), predictions.images());
    assertEquals(3, predictions.logit(1, 0));
  }

  @Test
  void decodesAsTheChallengeAsks() {
    float[] logits = new float[Task.ALL_OUTPUTS];
    logits[0] = 0.5f;
    logits[1] = -40;
    logits[Task.EXPR.firstColumn() + 3] = 2;
    logits[Task.EXPR.firstColumn() + 6] = 2;
    logits[Task.AU.firstColumn() + 1] = Float.MIN_VALUE;
    logits[Task.AU.firstColumn() + 2] = -1;
    Predictions decoded = new RawPredictions(List.of("v/1.jpg"), logits).decode();
    assertEquals(Math.tanh(0.5), decoded.valence()[0]);
    assertEquals(-1, decoded.arousal()[0]);
    assertEquals(3, decoded.expression()[0], "the first of a tie");
    assertArrayEquals(new byte[] {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, decoded.actionUnits());
    AuThresholds thresholds = new AuThresholds(Collections.nCopies(12, -2f));
    assertEquals(1, new RawPredictions(List.of("v/1.jpg"), logits).decode(thresholds).actionUnit(0, 2));
  }

  @Test
  void logitsOfADivergedModelAreRefused() {
    float[] logits = new float[2 * Task.ALL_OUTPUTS];
    logits[Task.ALL_OUTPUTS + 5] = Float.NaN;
    InputException e =
        assertThrows(InputException.class, () -> new RawPredictions(List.of("v/1.jpg", "v/2.jpg"), logits));
    assertTrue(e.getMessage().contains("expr logits of row 1 (v/2.jpg)"), e.getMessage());
    logits[Task.ALL_OUTPUTS + 5] = Float.POSITIVE_INFINITY;
    assertThrows(InputException.class, () -> new RawPredictions(List.of("v/1.jpg", "v/2.jpg"), logits));
  }

  /** They would be taken for those of a model without a head. */
  @Test
  void logitsThatAreNoNumbersInEveryRowAreRefused() {
    float[] logits = new float[Task.ALL_OUTPUTS];
    Arrays.fill(logits, Float.NaN);
    for (Task task : Task.values()) {
      InputException e = assertThrows(
          InputException.class, () -> new RawPredictions(List.of("v/1.jpg"), EnumSet.of(task), logits));
      assertTrue(e.getMessage().contains(task.label() + " logits of row 0 (v/1.jpg)"), e.getMessage());
    }
  }

  @Test
  void submissionsReadBackExactly() throws IOException {
    Predictions predictions = random(100, EnumSet.allOf(Task.class)).decode();
    SubmissionFile.write(dir.resolve("submission.txt"), predictions);
    List<String> lines = Files.readAllLines(dir.resolve("submission.txt"));
    assertEquals("image,valence,arousal,expression,aus", lines.get(0));
    assertTrue(lines.stream().skip(1).allMatch(line -> line.split(",").length == 16 && !line.contains("E")));
    Predictions again = SubmissionFile.read(dir.resolve("submission.txt"));
    assertEquals(predictions.images(), again.images());
    assertArrayEquals(predictions.valence(), again.valence());
    assertArrayEquals(predictions.arousal(), again.arousal());
    assertArrayEquals(predictions.expression(), again.expression());
    assertArrayEquals(predictions.actionUnits(), again.actionUnits());
  }

  @Test
  void aSubmissionIsOfAllTasksOrOfOne() {
    Path file = dir.resolve("submission.txt");
    Predictions two = random(2, EnumSet.of(Task.VA, Task.AU)).decode();
    InputException e = assertThrows(InputException.class, () -> SubmissionFile.write(file, two));
    assertTrue(e.getMessage().contains("these predictions are of [va, au]"), e.getMessage());
    assertFalse(Files.exists(file));
  }

  @Test
  void aPathThatCannotBeWrittenLeavesNoFile() {
    Path file = dir.resolve("raw.csv");
    RawPredictions predictions = new RawPredictions(List.of("a,b.jpg"), new float[Task.ALL_OUTPUTS]);
    assertThrows(InputException.class, () -> RawPredictionFile.write(file, predictions));
    assertFalse(Files.exists(file));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "v/1.jpg,1|:2: expected 3 fields",
    "v/1.jpg,1,2,3|:2: expected 3 fields",
    "v/1.jpg,1,nan|:2: expected the arousal logit as a finite number, got 'nan'",
    "v/1.jpg,1,1e99|:2: expected the arousal logit as a finite number, got '1e99'",
    "v/1.jpg,1f,2|:2: expected the valence logit as a finite number, got '1f'",
    "v/1.jpg,,2|:2: expected the valence logit as a finite number, got ''",
    ",1,2|:2: expected an image path",
    "../v/1.jpg,1,2|:2: expected an image path relative",
  })
  void badRawRowsNameTheLine(String row, String message) throws IOException {
    Path file = Files.writeString(dir.resolve("raw.csv"), RAW_VA_HEADER + row + "\n");
    InputException e = assertThrows(InputException.class, () -> RawPredictionFile.read(file));
    assertTrue(e.getMessage().startsWith(file + message), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "v/1.jpg,0,0,7|:2: expected 16 fields",
    "v/1.jpg,0,0,8" + UNITS + "|:2: expected the expression as a whole number in 0..7, got '8'",
    "v/1.jpg,0,0,1.5" + UNITS + "|:2: expected the expression as a whole number in 0..7, got '1.5'",
    "v/1.jpg,x,0,1" + UNITS + "|:2: expected valence as a finite number, got 'x'",
    "v/1.jpg,0,0,1,2,1,0,1,0,1,0,1,0,1,0,1|:2: expected AU1 as 0 or 1, got '2'",
  })
  void badSubmissionRowsNameTheLine(String row, String message) throws IOException {
    Path file = Files.writeString(dir.resolve("s.txt"), Annotations.HEADER + "\n" + row + "\n");
    InputException e = assertThrows(InputException.class, () -> SubmissionFile.read(file));
    assertTrue(e.getMessage().startsWith(file + message), e.getMessage());
  }

  @Test
  void emptyForeignAndMissingFilesAreExplained() throws IOException {
    Path empty = Files.writeString(dir.resolve("empty.csv"), "");
    Path headerOnly = Files.writeString(dir.resolve("header.csv"), RAW_VA_HEADER);
    Path foreign = Files.writeString(dir.resolve("foreign.csv"), "a,b,c\n1,2,3\n");
    Path binary = Files.write(dir.resolve("binary.csv"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    for (Path file : List.of(empty, headerOnly, foreign, binary, dir.resolve("missing.csv"), dir)) {
      String message = assertThrows(InputException.class, () -> RawPredictionFile.read(file)).getMessage();
      assertTrue(message.startsWith(file.toString()) && message.contains("expected"), message);
      assertThrows(InputException.class, () -> SubmissionFile.read(file));
    }
  }

  private static RawPredictions random(int rows, Set<Task> tasks) {
    Random random = new Random(rows);
    float[] logits = new float[rows * Task.ALL_OUTPUTS];
    Arrays.fill(logits, Float.NaN);
    for (int row = 0; row < rows; row++) {
      for (Task task : tasks) {
        for (int output = 0; output < task.outputs(); output++) {
          float scale = (float) Math.pow(10, random.nextInt(9) - 6);
          logits[row * Task.ALL_OUTPUTS + task.firstColumn() + output] = (float) random.nextGaussian() * scale;
        }
      }
    }
    List<String> images = random.ints(rows, 0, 1000).mapToObj("video/%05d.jpg"::formatted).toList();
    return new RawPredictions(images, tasks, logits);
  }
}
