package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.data.Annotations;
import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Scores;
import io.github.affect4j.eval.SmallData;
import io.github.affect4j.fusion.RawPredictionFile;
import io.github.affect4j.fusion.RawPredictions;
import io.github.affect4j.fusion.SubmissionFile;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command from arguments to output and exit code. */
class SmoothCommandTest {
  private final LabelSet labels = SmallData.labels(6, 30, true);
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir Path dir;

  @BeforeEach
  void writeFiles() {
    Annotations.write(dir.resolve("labels.txt"), labels);
    write("mtl.csv", Set.of(Task.values()));
    write("expr.csv", Set.of(Task.EXPR));
    write("two.csv", Set.of(Task.VA, Task.EXPR));
  }

  @Test
  void writesBothFormsAndComparesBeforeAndAfter() throws IOException {
    String thresholds = file("thresholds.json");
    new AuThresholds(Collections.nCopies(ActionUnit.COUNT, -0.3f)).write(dir.resolve("thresholds.json"));
    assertEquals(0, smooth("mtl.csv", "--va", "3", "--au", "1.5", "--out", file("s.csv"), "--submission",
        file("s.txt"), "--annotations", file("labels.txt"), "--thresholds", thresholds, "--protocol", "all", "--sweep",
        "--json"));
    JsonNode json = json();
    assertEquals(180, json.get("rows").asInt());
    assertEquals(6, json.get("videos").asInt());
    assertEquals("{\"va\":3.0,\"expr\":null,\"au\":1.5}", json.get("sigma").toString());
    AuThresholds decision = AuThresholds.read(dir.resolve("thresholds.json"));
    Scores after = Evaluation.evaluate(labels, read("s.csv").decode(decision), Protocol.ALL);
    assertEquals(after.p(), json.at("/comparison/smoothed/p").asDouble());
    assertEquals(after, Evaluation.evaluate(labels, SubmissionFile.read(dir.resolve("s.txt")), Protocol.ALL));
    Scores before = Evaluation.evaluate(labels, read("mtl.csv").decode(decision), Protocol.ALL);
    assertEquals(before.p(), json.at("/comparison/unsmoothed/p").asDouble());
    assertEquals("all", json.at("/comparison/protocol").asText());
    assertEquals(before.p(), json.at("/sweep/steps/0/scores/p").asDouble());
    assertEquals(8, json.at("/sweep/steps").size());
    assertTrue(json.at("/sweep/at_best/p").asDouble() >= before.p());
    assertEquals("", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aSigmaOfZeroWritesTheSameFile() throws IOException {
    assertEquals(0, smooth("mtl.csv", "--va", "0", "--out", file("s.csv")));
    assertEquals(Files.readString(dir.resolve("mtl.csv")), Files.readString(dir.resolve("s.csv")));
  }

  @Test
  void aSweepAloneShowsTablesAndWritesNothing() {
    assertEquals(0, smooth("mtl.csv", "--sweep", "--annotations", file("labels.txt")));
    String text = out.toString(StandardCharsets.UTF_8);
    for (String part : List.of("read 180 rows of 6 videos on logits\n", "\nunsmoothed ", "\n64 ", "*",
        "\nbest here: sigma va ", "an upper estimate")) {
      assertTrue(text.contains(part), () -> part + " is not in\n" + text);
    }
    assertFalse(text.contains("\nsmoothed") || text.lines().anyMatch(line -> line.endsWith(" ")), text);
  }

  @Test
  void singleTaskPredictionsStaySo() throws IOException {
    assertEquals(0, smooth("expr.csv", "--expr", "2.5", "--out", file("s.csv"), "--submission", file("s.txt"),
        "--annotations", file("labels.txt"), "--sweep"));
    assertEquals(Set.of(Task.EXPR), read("s.csv").tasks());
    assertTrue(Files.readString(dir.resolve("s.txt")).startsWith("image_location,Neutral,"));
    String text = out.toString(StandardCharsets.UTF_8);
    assertTrue(text.startsWith("smoothed 180 rows of 6 videos on logits: sigma expr 2.5 frames\n"), text);
    assertTrue(text.lines().anyMatch(line -> line.matches("smoothed +- +- +0\\.\\d{4} +-")), text);
    assertTrue(text.contains("best here: sigma expr ") && !text.contains("sigma va"), text);
    out.reset();
    assertEquals(0, smooth("expr.csv", "--sweep", "--annotations", file("labels.txt"), "--json"));
    JsonNode json = json();
    assertTrue(json.at("/sweep/best/va").isNull() && json.at("/sweep/best/expr").isNumber());
    assertTrue(json.at("/comparison/smoothed").isNull() && json.at("/comparison/unsmoothed/p").isNull());
  }

  @Test
  void tasksThatAreNotThereCannotBeSmoothed() {
    assertFails(1, "expr.csv: expected logits of the task va, but it has only those of [expr]; leave out --va",
        "expr.csv", "--va", "2", "--expr", "2");
    assertFails(1, "expr.csv: expected logits of the task au, but it has only those of [expr]; leave out --au",
        "expr.csv", "--au", "0");
    new AuThresholds(Collections.nCopies(ActionUnit.COUNT, 0f)).write(dir.resolve("thresholds.json"));
    assertFails(1, "leave out --thresholds",
        "expr.csv", "--expr", "2", "--submission", file("s.txt"), "--thresholds", file("thresholds.json"));
  }

  @Test
  void failuresWriteNothing() throws IOException {
    assertFails(1, "a submission is of all three tasks or of one", "two.csv", "--va", "2", "--submission",
        file("s.txt"));
    assertFails(1, "s.txt: expected a file to write, but it is a folder", "mtl.csv", "--va", "2", "--submission",
        Files.createDirectory(dir.resolve("s.txt")).toString());
    Files.delete(dir.resolve("s.txt"));
    String header = "image,valence,arousal,expression,aus\n";
    Files.writeString(dir.resolve("other.txt"), header + "v/1.jpg" + ",-5,-5,-1" + ",-1".repeat(12) + "\n");
    assertFails(1, "expected image 'v/1.jpg' as in", "mtl.csv", "--va", "2", "--annotations", file("other.txt"));
    String noLabel = ",-5,-5,-1" + ",-1".repeat(12) + "\n";
    Files.writeString(dir.resolve("other.txt"), header + String.join(noLabel, labels.images()) + noLabel);
    assertFails(1, "no row has a label", "mtl.csv", "--va", "2", "--annotations", file("other.txt"));
    assertFails(1, "none.csv: expected a raw prediction file, but there is no such file", "none.csv", "--va", "2");
    RawPredictionFile.write(dir.resolve("names.csv"),
        new RawPredictions(List.of("v/face.jpg"), new float[Task.ALL_OUTPUTS]));
    assertFails(1, "names.csv:2: expected an image path <video>/<frame number>.jpg", "names.csv", "--va", "2");
  }

  @Test
  void usageErrorsExitWithTwo() {
    assertFails(2, "nothing to smooth: give --va, --expr or --au", "mtl.csv");
    assertFails(2, "nothing to smooth", "mtl.csv", "--sweep", "--annotations", file("labels.txt"));
    for (String sigma : List.of("-1", "NaN", "1000.1", "1e300", "Infinity", "two")) {
      assertFails(2, "expected --au to be a number in [0.0, 1000.0], got '" + sigma + "'", "mtl.csv", "--au", sigma);
    }
    assertFails(2, "--sweep needs --annotations", "mtl.csv", "--va", "2", "--sweep");
    assertFails(2, "expected --out and --submission to be two files", "mtl.csv", "--va", "2", "--submission",
        file("s.csv"));
    assertFails(2, "--thresholds needs --submission or --annotations", "mtl.csv", "--va", "2", "--thresholds", "t");
    assertEquals(2, smooth("mtl.csv", "--va", "2"));
    assertTrue(err.toString(StandardCharsets.UTF_8).contains("nothing to do: give --out"));
  }

  @Test
  void resultsDoNotReplaceTheLabelsOrThresholds() throws IOException {
    AuThresholds.ZERO.write(dir.resolve("thresholds.json"));
    for (String result : List.of("--out", "--submission")) {
      for (String input : List.of("labels.txt", "thresholds.json")) {
        String before = Files.readString(dir.resolve(input));
        err.reset();
        assertEquals(2, smooth("mtl.csv", "--va", "2", "--annotations", file("labels.txt"), "--thresholds",
            file("thresholds.json"), result, file(input)));
        String message = err.toString(StandardCharsets.UTF_8);
        assertTrue(message.contains("expected " + result + " and --") && message.contains(" to be two files"), message);
        assertEquals(before, Files.readString(dir.resolve(input)));
      }
    }
  }

  /** One sentence, and neither of the files. */
  private void assertFails(int code, String sentence, String predictions, String... options) {
    err.reset();
    assertEquals(code, smooth(predictions, Stream.concat(Stream.of(options), Stream.of("--out", file("s.csv")))
        .toArray(String[]::new)), err::toString);
    String message = err.toString(StandardCharsets.UTF_8);
    assertTrue(message.startsWith("affect4j smooth: ") && message.contains(sentence), message);
    assertEquals(1, message.lines().count(), message);
    assertTrue(Files.notExists(dir.resolve("s.csv")) && !Files.isRegularFile(dir.resolve("s.txt")));
  }

  private void write(String name, Set<Task> tasks) {
    Random random = new Random(name.hashCode());
    float[] logits = new float[labels.size() * Task.ALL_OUTPUTS];
    for (Task task : Task.values()) {
      for (int row = 0; row < labels.size(); row++) {
        for (int output = 0; output < task.outputs(); output++) {
          int i = row * Task.ALL_OUTPUTS + task.firstColumn() + output;
          logits[i] = tasks.contains(task) ? (float) random.nextGaussian() : Float.NaN;
        }
      }
    }
    RawPredictionFile.write(dir.resolve(name), new RawPredictions(labels.images(), tasks, logits));
  }

  private RawPredictions read(String name) {
    return RawPredictionFile.read(dir.resolve(name));
  }

  private String file(String name) {
    return dir.resolve(name).toString();
  }

  private JsonNode json() throws IOException {
    return Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
  }

  private int smooth(String predictions, String... options) {
    List<String> arguments = new ArrayList<>(List.of("smooth", "--predictions", file(predictions)));
    arguments.addAll(Arrays.asList(options));
    PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new Main(Commands.all(), outStream, errStream).run(arguments.toArray(String[]::new));
  }
}
