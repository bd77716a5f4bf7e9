package io.github.affect4j.fusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Scores;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Files of predictions, alone and beside the labels that they are scored by. */
class PredictionsFuzzTest {
  private static final String ANNOTATIONS =
      """
      image,valence,arousal,expression,aus
      v/00001.jpg,0.5,-0.25,4,0,0,0,1,1,0,1,-1,0,0,1,0
      v/00002.jpg,-5,-5,-1,0,1,0,0,1,0,0,0,0,0,1,0
      w/00001.jpg,-0.5,0.125,0,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1
      """;
  private static final String VIDEO = "valence,arousal\n0.5,-0.25\n-5,-5\n-0.5,1\n0.25,0\n";

  @TempDir(factory = InMemory.class) Path dir;
  private Path annotations;
  private Path videos;
  private Path predictions;

  @BeforeEach
  void writeAnnotations() throws IOException {
    annotations = Files.writeString(dir.resolve("annotations.txt"), ANNOTATIONS);
    videos = Files.createDirectories(dir.resolve("videos"));
    predictions = Files.createDirectories(dir.resolve("predictions"));
    Files.writeString(videos.resolve("v.txt"), VIDEO);
  }

  @FuzzTest
  void rawPredictions(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("raw.csv"), input, file -> {
      RawPredictions raw = RawPredictionFile.read(file);
      for (Task task : raw.tasks()) {
        for (int row = 0; row < raw.size(); row++) {
          assertTrue(DoubleStream.of(raw.logits(row, task)).allMatch(Double::isFinite));
        }
      }
      raw.decode();
      Path copy = dir.resolve("copy.csv");
      RawPredictionFile.write(copy, raw);
      RawPredictions again = Fuzz.readBack(() -> RawPredictionFile.read(copy));
      assertEquals(raw.images(), again.images());
      assertArrayEquals(raw.logits(), again.logits());
    });
  }

  @FuzzTest
  void submission(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("submission.txt"), input, file -> {
      Predictions read = SubmissionFile.read(file);
      Path copy = dir.resolve("copy.txt");
      SubmissionFile.write(copy, read);
      Predictions again = Fuzz.readBack(() -> SubmissionFile.read(copy));
      assertEquals(read.images(), again.images());
      assertArrayEquals(read.valence(), again.valence(), 0);
      assertArrayEquals(read.arousal(), again.arousal(), 0);
      assertArrayEquals(read.expression(), again.expression());
      assertArrayEquals(read.actionUnits(), again.actionUnits());
    });
  }

  /** Of a multi-task challenge, in either form. */
  @FuzzTest
  void predictionsOfASet(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("predictions.csv"), input, file -> requireScored(EvaluationInput.read(file, annotations)));
  }

  @FuzzTest
  void predictionsOfAVideo(byte[] input) throws Exception {
    Fuzz.file(predictions.resolve("v.txt"), input, file -> requireScored(EvaluationInput.read(predictions, videos)));
  }

  @FuzzTest
  void listingOfVideos(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("listing.csv"), input, file -> requireScored(EvaluationInput.read(file, videos)));
  }

  private static void requireScored(EvaluationInput input) {
    LabelSet labels = input.labels();
    assertEquals(labels.images(), input.predictions().images());
    input.notes().forEach(Fuzz::requireSentence);
    for (Protocol protocol : Protocol.values()) {
      Scores scores = Evaluation.evaluate(labels, input.predictions(), protocol);
      assertTrue(scores.scoredRows() >= 0 && scores.scoredRows() <= labels.size());
      if (scores.va() != null) {
        requireBetween(-1, scores.va().cccValence());
        requireBetween(-1, scores.va().cccArousal());
      }
      if (scores.expr() != null) {
        requireBetween(0, scores.expr().macroF1());
      }
      if (scores.au() != null) {
        requireBetween(0, scores.au().meanF1());
      }
    }
  }

  private static void requireBetween(double smallest, double score) {
    assertTrue(score >= smallest && score <= 1, () -> "" + score);
  }
}
