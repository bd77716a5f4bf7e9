package io.github.affect4j.fusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.Annotations;
import io.github.affect4j.data.VideoFormat;
import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Scores;
import io.github.affect4j.eval.SmallData;
import io.github.affect4j.eval.ThresholdTuning;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All forms in which labels and predictions come together. */
class EvaluationInputTest {
  private static final String AU_HEADER = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26\n";
  private static final String EXPR_HEADER = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n";
  private static final String COUNT = ": expected a prediction for each of the 2 annotated frames, got ";

  @TempDir Path dir;

  @Test
  void rawFilesAndSubmissionsScoreTheSame() throws IOException {
    LabelSet labels = SmallData.labels(3, 40, true);
    RawPredictions model = SmallModels.model(labels, Set.of(Task.values()), 5);
    Path annotations = dir.resolve("labels.txt");
    Annotations.write(annotations, labels);
    RawPredictionFile.write(dir.resolve("raw.csv"), model);
    SubmissionFile.write(dir.resolve("submission.txt"), model.decode());

    for (Protocol protocol : Protocol.values()) {
      Scores expected = Evaluation.evaluate(labels, model.decode(), protocol);
      assertEquals(expected, scores(dir.resolve("raw.csv"), annotations, protocol));
      assertEquals(expected, scores(dir.resolve("submission.txt"), annotations, protocol));
    }
  }

  @Test
  void singleTaskRawFilesScoreTheirTask() throws IOException {
    LabelSet labels = SmallData.labels(3, 40, true);
    Annotations.write(dir.resolve("labels.txt"), labels);
    RawPredictions model = SmallModels.model(labels, Set.of(Task.AU), 5);
    RawPredictionFile.write(dir.resolve("au.csv"), model);
    Scores scores = scores(dir.resolve("au.csv"), dir.resolve("labels.txt"), Protocol.EACH);
    assertEquals(Evaluation.evaluate(labels, model.decode(), Protocol.EACH), scores);
    assertEquals(scores.au().meanF1(), scores.sum());
  }

  @Test
  void thresholdsNeedLogits() throws IOException {
    LabelSet labels = SmallData.labels(3, 40, true);
    Annotations.write(dir.resolve("labels.txt"), labels);
    RawPredictions model = SmallModels.model(labels, Set.of(Task.values()), 5);
    SubmissionFile.write(dir.resolve("submission.txt"), model.decode());
    EvaluationInput submission = EvaluationInput.read(dir.resolve("submission.txt"), dir.resolve("labels.txt"));
    assertThrows(InputException.class, () -> submission.withThresholds(AuThresholds.ZERO));

    RawPredictionFile.write(dir.resolve("raw.csv"), model);
    EvaluationInput raw = EvaluationInput.read(dir.resolve("raw.csv"), dir.resolve("labels.txt"));
    AuThresholds thresholds = ThresholdTuning.of(labels, raw.rawActionUnits().actionUnitLogits()).thresholds();
    assertArrayEquals(
        model.decode(thresholds).actionUnits(), raw.withThresholds(thresholds).predictions().actionUnits());
  }

  @Test
  void otherRowsAreNamedByLine() throws IOException {
    Path annotations = write("labels.txt", Annotations.HEADER + "\n" + row("v/00001.jpg") + row("v/00002.jpg"));
    Path swapped = write("swapped.txt", Annotations.HEADER + "\n" + row("v/00001.jpg") + row("v/00003.jpg"));
    assertFails(swapped, annotations,
        swapped + ":3: expected image 'v/00002.jpg' as in " + annotations + ":3, got 'v/00003.jpg'");
    Path shorter = write("short.txt", Annotations.HEADER + "\n" + row("v/00001.jpg"));
    assertFails(shorter, annotations, shorter + ":3: expected 2 rows as in " + annotations + ", got 1");
    Path foreign = write("foreign.txt", "hello\n");
    assertFails(foreign, annotations, foreign + ":1: expected the header of a submission");
    assertFails(dir.resolve("none.txt"), annotations, dir.resolve("none.txt") + ": expected a prediction file");
    assertFails(dir, annotations, dir + ": a folder of per-video predictions needs a folder");
  }

  @Test
  void valuesOutsideTheRangeAreScoredAndNoted() throws IOException {
    Path annotations = write("labels.txt", Annotations.HEADER + "\n" + row("v/00001.jpg"));
    Path far = write("far.txt", Annotations.HEADER + "\n" + row("v/00001.jpg").replace("0.5,", "1.5,"));
    EvaluationInput input = EvaluationInput.read(far, annotations);
    assertEquals(1.5, input.predictions().valence()[0]);
    assertEquals(1, input.notes().size());
  }

  @Test
  void perVideoValenceArousal() throws IOException {
    write("labels/a.txt", "valence,arousal\n0.1,0.2\n-5,-5\n0.3,0.4\n0.5,-5\n");
    write("labels/b_left.txt", "valence,arousal\n-1,1\n");
    write("predicted/a.txt", "valence,arousal\n0.11,0.21\n-5,-5\n0.31,0.41\n0,0\n9,9\n");
    write("predicted/b_left.txt", "valence,arousal\n-0.9,0.9\n");
    write("predicted/c.txt", "valence,arousal\n0,0\n");
    EvaluationInput input = EvaluationInput.read(dir.resolve("predicted"), dir.resolve("labels"));
    assertEquals(List.of("a/00001.jpg", "a/00003.jpg", "b_left/00001.jpg"), input.labels().images());
    assertEquals(input.labels().images(), input.predictions().images());
    assertArrayEquals(new double[] {0.1, 0.3, -1}, input.labels().valence());
    assertArrayEquals(new double[] {0.21, 0.41, 0.9}, input.predictions().arousal());
    assertEquals(2, input.notes().size(), input.notes()::toString);
    Scores scores = Evaluation.evaluate(input.labels(), input.predictions(), Protocol.EACH);
    assertEquals(3, scores.va().rows());
    assertTrue(scores.va().meanCcc() > 0.95);
  }

  @Test
  void perVideoExpressions() throws IOException {
    write("labels/a.txt", EXPR_HEADER + "0\n7\n-1\n");
    write("predicted/a.txt", EXPR_HEADER + "0\n6\n");
    EvaluationInput input = EvaluationInput.read(dir.resolve("predicted"), dir.resolve("labels"));
    Scores scores = Evaluation.evaluate(input.labels(), input.predictions(), Protocol.EACH);
    assertEquals(1.0 / 8, scores.expr().macroF1());
    assertEquals(2, scores.expr().rows());
  }

  @Test
  void perVideoActionUnits() throws IOException {
    write("labels/a.txt", AU_HEADER + "1,0,0,0,0,0,0,0,0,0,0,-1\n" + "-1,".repeat(11) + "-1\n");
    write("predicted/a.txt", AU_HEADER + "1,0,0,0,0,0,0,0,0,0,0,1\n" + "0,".repeat(11) + "0\n");
    EvaluationInput input = EvaluationInput.read(dir.resolve("predicted"), dir.resolve("labels"));
    Scores scores = Evaluation.evaluate(input.labels(), input.predictions(), Protocol.EACH);
    assertEquals(1.0 / 12, scores.au().meanF1());
    assertEquals(0, scores.au().labelled().get(11));
  }

  @Test
  void imageLocationFilesAreMatchedByName() throws IOException {
    write("labels/a.txt", "valence,arousal\n0.1,0.2\n-5,-5\n0.3,0.4\n0.5,0.6\n");
    Path file = write("p.txt", "image_location,valence,arousal\na/00003.jpg,1,1\na/00002.jpg,0,0\na/00001.jpg,0,1\n");
    EvaluationInput input = EvaluationInput.read(file, dir.resolve("labels"));
    assertEquals(List.of("a/00003.jpg", "a/00001.jpg"), input.labels().images());
    assertArrayEquals(new double[] {0.4, 0.2}, input.labels().arousal());
    assertEquals(1, input.notes().size());

    Path twice = write("t.txt", "image_location,valence,arousal\na/00003.jpg,1,1\na/00003.jpg,0,0\n");
    assertFails(twice, dir.resolve("labels"), twice + ":3: expected each frame once");
    Path shorter = write("s.txt", "image_location,valence,arousal\na/00003.jpg,1,1\na/3.jpg,0,0\n");
    assertFails(shorter, dir.resolve("labels"), shorter + ":3: expected each frame once");
    Path other = write("o.txt", "image_location,valence,arousal\nb/00003.jpg,1,1\n");
    assertFails(other, dir.resolve("labels"), other + ":2: expected an image of an annotated video");
    Path expr = write("e.txt", "image_location," + EXPR_HEADER + "a/00003.jpg,1\n");
    assertFails(expr, dir.resolve("labels"), expr + ":1: expected the header 'valence,arousal'");
    Path noNumber = write("n.txt", "image_location,valence,arousal\na/x.jpg,1,1\n");
    assertFails(noNumber, dir.resolve("labels"), noNumber + ":2: expected an image path <video>/<frame number");
  }

  /** What predict writes for a single-task challenge, evaluate reads. */
  @ParameterizedTest
  @EnumSource(Task.class)
  void submissionsOfOneTaskAreScoredAgainstItsVideos(Task task) throws IOException {
    String frame = switch (task) {
      case VA -> "0.5,-0.25\n";
      case EXPR -> "3\n";
      case AU -> "1,0,1,0,0,0,0,0,0,0,0,1\n";
    };
    write("labels/a.txt", String.join(",", VideoFormat.columns(task)) + "\n" + frame.repeat(12));
    List<String> images = IntStream.rangeClosed(1, 12).mapToObj("a/%05d.jpg"::formatted).toList();
    float[] logits = new float[images.size() * Task.ALL_OUTPUTS];
    Arrays.fill(logits, Float.NaN);
    Random random = new Random(5);
    for (int row = 0; row < images.size(); row++) {
      for (int output = 0; output < task.outputs(); output++) {
        logits[row * Task.ALL_OUTPUTS + task.firstColumn() + output] = (float) random.nextGaussian() * 1e-4f;
      }
    }
    Predictions predicted = new RawPredictions(images, Set.of(task), logits).decode();
    SubmissionFile.write(dir.resolve("submission.csv"), predicted);
    EvaluationInput input = EvaluationInput.read(dir.resolve("submission.csv"), dir.resolve("labels"));
    assertEquals(images, input.labels().images());
    assertEquals(List.of(), input.notes());
    assertEquals(predicted.tasks(), input.predictions().tasks());
    assertArrayEquals(predicted.valence(), input.predictions().valence());
    assertArrayEquals(predicted.arousal(), input.predictions().arousal());
    assertArrayEquals(predicted.expression(), input.predictions().expression());
    assertArrayEquals(predicted.actionUnits(), input.predictions().actionUnits());
  }

  /** As in the annotations of all three tasks. */
  @Test
  void wholeNumbersMayBeWrittenAsDecimals() throws IOException {
    write("labels/a.txt", EXPR_HEADER + "3.0\n-1.0\n");
    write("predicted/a.txt", EXPR_HEADER + "3.0\n0\n");
    EvaluationInput input = EvaluationInput.read(dir.resolve("predicted"), dir.resolve("labels"));
    assertArrayEquals(new byte[] {3}, input.labels().expression());
    assertArrayEquals(new byte[] {3}, input.predictions().expression());
    Path half = write("half/a.txt", EXPR_HEADER + "3.5\n0\n");
    assertFails(half.getParent(), dir.resolve("labels"), half + ":2: expected the expression as a whole number");
  }

  /** Squares of such values would overflow, and their CCC would be NaN. */
  @Test
  void valuesThatNoScaleHasAreRefused() throws IOException {
    write("labels/a.txt", "valence,arousal\n0.1,0.2\n0.3,0.4\n");
    Path huge = write("huge/a.txt", "valence,arousal\n0,0\n1e308,0\n");
    assertFails(huge.getParent(), dir.resolve("labels"), huge + ":3: expected valence in [-1, 1], got 1.0E308");
    write("large/a.txt", "valence,arousal\n1000000,0\n-1000000,1\n");
    EvaluationInput large = EvaluationInput.read(dir.resolve("large"), dir.resolve("labels"));
    assertTrue(Double.isFinite(Evaluation.evaluate(large.labels(), large.predictions(), Protocol.EACH).va().meanCcc()));
  }

  @Test
  void perVideoFaultsAreNamed() throws IOException {
    Path labels = dir.resolve("labels");
    write("labels/a.txt", "valence,arousal\n0.1,0.2\n0.3,0.4\n");
    Path predicted = write("p1/a.txt", "valence,arousal\n0.1,0.2\n");
    assertFails(dir.resolve("p1"), labels, predicted + COUNT + "1");
    predicted = write("p2/a.txt", "valence,arousal\n" + "0,0\n".repeat(13));
    assertFails(dir.resolve("p2"), labels, predicted + COUNT + "13");
    write("p3/b.txt", "valence,arousal\n0,0\n");
    assertFails(dir.resolve("p3"), labels,
        dir.resolve("p3") + ": expected predictions for each annotated video, but there is no a.txt");
    predicted = write("p4/a.txt", "valence,arousal\n0,0\n0,nan\n");
    assertFails(dir.resolve("p4"), labels, predicted + ":3: expected arousal as a finite number");
    predicted = write("p5/a.txt", EXPR_HEADER + "0\n0\n");
    assertFails(dir.resolve("p5"), labels, predicted + ":1: expected the header 'valence,arousal'");
    Files.createDirectories(dir.resolve("empty"));
    assertFails(dir.resolve("p1"), dir.resolve("empty"), dir.resolve("empty") + ": expected per-video files");

    Path mixed = write("mixed/a.txt", "valence,arousal\n0,0\n").getParent();
    Path second = write("mixed/b.txt", EXPR_HEADER + "0\n");
    assertFails(dir.resolve("p1"), mixed, second + ":1: expected annotations of va as in the files before");
    Path bad = write("bad/a.txt", "valence,arousal\n0,3\n");
    assertFails(dir.resolve("p1"), bad.getParent(), bad + ":2: expected arousal in [-1, 1]");
    Path nothing = write("unlabelled/a.txt", "valence,arousal\n-5,-5\n").getParent();
    assertThrows(InputException.class, () -> EvaluationInput.read(dir.resolve("p1"), nothing));
  }

  @Test
  void fusionRefusesOtherRowsAndWritesNothing() throws IOException {
    LabelSet labels = SmallData.labels(2, 10, true);
    List<Path> files = new ArrayList<>();
    for (Task task : Task.values()) {
      files.add(dir.resolve(task.label() + ".csv"));
      RawPredictionFile.write(files.get(task.ordinal()), SmallModels.model(labels, Set.of(task), 1));
    }
    Path multi = dir.resolve("multi.csv");
    RawPredictionFile.write(multi, SmallModels.model(SmallData.labels(2, 11, true), Set.of(Task.values()), 1));
    Path out = dir.resolve("fused.csv");
    String message = assertThrows(InputException.class, () -> job(files, multi, out).run()).getMessage();
    assertTrue(message.startsWith(files.get(0) + ":12: expected image 'video0/00011.jpg'"), message);

    RawPredictionFile.write(multi, SmallModels.model(labels, Set.of(Task.VA, Task.AU), 1));
    message = assertThrows(InputException.class, () -> job(files, multi, out).run()).getMessage();
    assertTrue(message.startsWith(multi + ": expected logits of the task expr"), message);
    assertTrue(Files.notExists(out));
  }

  private static FusionJob job(List<Path> single, Path multi, Path out) {
    return new FusionJob(
        Map.of(Task.VA, single.get(0), Task.EXPR, single.get(1), Task.AU, single.get(2)), multi, out, null,
        FusionWeights.PAPER, MeanSpace.LOGITS, null, null, Protocol.EACH, false);
  }

  private static Scores scores(Path predictions, Path annotations, Protocol protocol) {
    EvaluationInput input = EvaluationInput.read(predictions, annotations);
    return Evaluation.evaluate(input.labels(), input.predictions(), protocol);
  }

  private static void assertFails(Path predictions, Path annotations, String message) {
    InputException e = assertThrows(InputException.class, () -> EvaluationInput.read(predictions, annotations));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  private static String row(String image) {
    return image + ",0.5,0.25,3,0,1,0,1,0,1,0,1,0,1,0,1\n";
  }

  private Path write(String name, String text) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }
}
