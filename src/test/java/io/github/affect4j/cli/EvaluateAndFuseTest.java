package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.data.Annotations;
import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.Scores;
import io.github.affect4j.eval.SmallData;
import io.github.affect4j.fusion.RawPredictionFile;
import io.github.affect4j.fusion.RawPredictions;
import io.github.affect4j.fusion.SubmissionFile;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two commands from arguments to output and exit code. */
class EvaluateAndFuseTest {
  private final LabelSet labels = SmallData.labels(6, 30, true);
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir Path dir;

  @BeforeEach
  void writeFiles() throws IOException {
    Annotations.write(dir.resolve("labels.txt"), labels);
    for (String model : List.of("va", "expr", "au", "mtl")) {
      float[] logits = new float[labels.size() * Task.ALL_OUTPUTS];
      Random random = new Random(model.hashCode());
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) random.nextGaussian();
      }
      RawPredictionFile.write(dir.resolve(model + ".csv"), new RawPredictions(labels.images(), logits));
    }
  }

  /** Where JSON is piped away, too. */
  @Test
  void evaluateSaysWhatItAssumedOnStandardError() throws IOException {
    Files.createDirectory(dir.resolve("videos"));
    Files.createDirectory(dir.resolve("predicted"));
    Files.writeString(dir.resolve("videos/a.txt"), "valence,arousal\n0.1,0.2\n0.3,0.4\n");
    Files.writeString(dir.resolve("predicted/a.txt"), "valence,arousal\n0.1,0.2\n0.3,0.4\n0.5,0.6\n");
    PrintStream before = System.err;
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      assertEquals(0, run("evaluate", "--predictions", dir.resolve("predicted").toString(), "--annotations",
          dir.resolve("videos").toString(), "--json"));
    } finally {
      System.setErr(before);
    }
    String note = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8)).get("notes").get(0).asText();
    assertTrue(note.endsWith("was assumed for 2 scored rows"), note);
    assertEquals("note: " + note + "\n", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void evaluatePrintsTheDocumentedJson() throws IOException {
    assertEquals(0, evaluate("mtl.csv", "--json", "--protocol", "all", "--bootstrap", "20"));
    Scores scores =
        Evaluation.evaluate(labels, RawPredictionFile.read(dir.resolve("mtl.csv")).decode(), Protocol.ALL);
    JsonNode json = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertEquals("all", json.get("protocol").asText());
    assertEquals(scores.p(), json.get("p").asDouble());
    assertEquals(scores.va().cccValence(), json.at("/va/ccc_valence").asDouble());
    assertEquals(scores.va().cccArousal(), json.at("/va/ccc_arousal").asDouble());
    assertEquals(scores.expr().macroF1(), json.at("/expr/macro_f1").asDouble());
    assertEquals(scores.au().meanF1(), json.at("/au/mean_f1").asDouble());
    assertEquals(8, json.at("/expr/f1").size());
    assertEquals(12, json.at("/au/f1").size());
    assertEquals(6, json.at("/bootstrap/videos").asInt());
    assertTrue(json.at("/bootstrap/p/0").asDouble() < json.at("/bootstrap/p/1").asDouble());
    assertTrue(json.at("/constant_baseline/p").asDouble() > 0);
    assertEquals("", err.toString(StandardCharsets.UTF_8));
  }

  /** As a shell's <(…) gives them; what comes through a pipe can be read once. */
  @Test
  void predictionsAndAnnotationsMayComeThroughPipes() throws Exception {
    SubmissionFile.write(
        dir.resolve("submission.csv"), RawPredictionFile.read(dir.resolve("mtl.csv")).decode());
    for (String form : List.of("mtl.csv", "submission.csv")) {
      assertEquals(0, evaluate(form, "--json", "--bootstrap", "0"), err::toString);
      String fromFiles = out.toString(StandardCharsets.UTF_8);
      out.reset();
      String predictions = "<(cat " + dir.resolve(form) + ")";
      Process shell =
          new ProcessBuilder("bash", "-c", "exec \"$@\" --predictions " + predictions + " --annotations <(cat "
              + dir.resolve("labels.txt") + ")", "bash", System.getProperty("java.home") + "/bin/java", "-cp",
              System.getProperty("java.class.path"), Main.class.getName(), "evaluate", "--json", "--bootstrap", "0")
              .redirectErrorStream(true)
              .start();
      assertEquals(fromFiles, new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void evaluatePrintsTables() {
    assertEquals(0, evaluate("mtl.csv"));
    String text = out.toString(StandardCharsets.UTF_8);
    for (String part : List.of("P ", "CCC valence", "95 % interval", "Happiness", "Confusion", "AU26", "constant")) {
      assertTrue(text.contains(part), () -> part + " is not in\n" + text);
    }
    assertFalse(text.lines().anyMatch(line -> line.endsWith(" ")), text);
  }

  @Test
  void aChosenSeedRepeats() {
    evaluate("mtl.csv", "--seed", "5");
    String first = out.toString(StandardCharsets.UTF_8);
    out.reset();
    evaluate("mtl.csv", "--seed", "5");
    assertEquals(first, out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void fuseWritesBothFormsAndComparesTheModels() throws IOException {
    assertEquals(0, fuse("--out", dir.resolve("fused.csv").toString(), "--submission",
        dir.resolve("submission.txt").toString(), "--annotations", dir.resolve("labels.txt").toString(), "--sweep",
        "--json"));
    JsonNode json = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    RawPredictions fused = RawPredictionFile.read(dir.resolve("fused.csv"));
    Scores scores = Evaluation.evaluate(labels, fused.decode(), Protocol.EACH);
    assertEquals(scores.p(), json.at("/comparison/fused/p").asDouble());
    Predictions submitted = SubmissionFile.read(dir.resolve("submission.txt"));
    assertEquals(scores, Evaluation.evaluate(labels, submitted, Protocol.EACH));
    assertEquals(21, json.at("/sweep/steps").size());
    assertEquals(0.4, json.at("/lambda/va").asDouble());
    assertTrue(json.at("/sweep/at_best/p").asDouble() >= scores.p());
  }

  @Test
  void fuseTakesWeightsAndSpace() throws IOException {
    Path out1 = dir.resolve("fused.csv");
    assertEquals(0, fuse("--out", out1.toString(), "--lambda-va", "0", "--lambda-expr", "0", "--lambda-au", "0"));
    assertEquals(Files.readString(dir.resolve("mtl.csv")), Files.readString(out1));
    assertEquals(0, fuse("--out", out1.toString(), "--space", "probabilities"));
    assertEquals(0, fuse("--annotations", dir.resolve("labels.txt").toString(), "--sweep"));
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("best here"));
  }

  @Test
  void tunedThresholdsServeEvaluateAndFuse() throws IOException {
    String file = dir.resolve("thresholds.json").toString();
    assertEquals(0, evaluate("mtl.csv", "--tune-thresholds", file, "--json", "--bootstrap", "0"));
    JsonNode tuning = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8)).get("threshold_tuning");
    assertEquals(12, tuning.get("thresholds").size());
    out.reset();
    assertEquals(0, evaluate("mtl.csv", "--thresholds", file, "--json", "--bootstrap", "0"));
    JsonNode json = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertEquals(tuning.get("mean_f1_tuned").asDouble(), json.at("/au/mean_f1").asDouble(), 1e-15);
    assertTrue(json.get("threshold_tuning").isNull());
    out.reset();
    assertEquals(0, fuse("--thresholds", file, "--submission", dir.resolve("s.txt").toString(), "--lambda-au", "0"));
    out.reset();
    assertEquals(0, evaluate("s.txt", "--json", "--bootstrap", "0"));
    json = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertEquals(tuning.get("mean_f1_tuned").asDouble(), json.at("/au/mean_f1").asDouble(), 1e-15);
  }

  @Test
  void thresholdsDecideAllRowsOfTheComparisonAlike() throws IOException {
    for (String model : List.of("va", "expr", "au")) {
      Files.copy(dir.resolve("mtl.csv"), dir.resolve(model + ".csv"), StandardCopyOption.REPLACE_EXISTING);
    }
    String file = dir.resolve("thresholds.json").toString();
    assertEquals(0, evaluate("mtl.csv", "--tune-thresholds", file, "--bootstrap", "0"));
    String[] options = {"--thresholds", file, "--annotations", dir.resolve("labels.txt").toString(), "--sweep"};
    out.reset();
    assertEquals(0, fuse(options));
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("an upper estimate if it was tuned on these rows"));
    out.reset();
    assertEquals(0, fuse(Stream.concat(Stream.of(options), Stream.of("--json")).toArray(String[]::new)));
    JsonNode json = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    double tuned = json.at("/comparison/fused/mean_f1").asDouble();
    assertEquals(tuned, json.at("/comparison/single_task/mean_f1").asDouble());
    assertEquals(tuned, json.at("/comparison/multi_task/mean_f1").asDouble());
    for (JsonNode step : json.at("/sweep/steps")) {
      assertEquals(tuned, step.at("/scores/mean_f1").asDouble());
    }
    assertEquals(tuned, json.at("/sweep/at_best/mean_f1").asDouble());
    assertEquals(file, json.get("thresholds").asText());
    out.reset();
    assertEquals(0, evaluate("mtl.csv", "--thresholds", file, "--bootstrap", "0", "--json"));
    json = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertEquals(json.at("/au/mean_f1").asDouble(), tuned);
  }

  @Test
  void noRowToScoreIsAFailureNotAZero() throws IOException {
    Path annotations = Files.createDirectory(dir.resolve("labels"));
    Path predictions = Files.createDirectory(dir.resolve("predicted"));
    Files.writeString(annotations.resolve("a.txt"), "valence,arousal\n0.1,0.2\n0.3,0.4\n");
    Files.writeString(predictions.resolve("a.txt"), "valence,arousal\n0.1,0.2\n0.3,0.4\n");
    String[] command = {"evaluate", "--predictions", predictions.toString(), "--annotations", annotations.toString(),
        "--json", "--protocol", "each"};
    assertEquals(0, run(command));
    JsonNode json = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertTrue(json.get("other_protocol").isNull() && json.get("p").isNull() && json.get("expr").isNull());
    assertEquals(1, json.at("/va/mean_ccc").asDouble(), 1e-12);
    command[command.length - 1] = "all";
    assertEquals(1, run(command));
    assertTrue(err.toString(StandardCharsets.UTF_8).contains("use --protocol each"));
  }

  @Test
  void fusionWithoutARowToScoreFailsAndWritesNothing() throws IOException {
    String header = "image,valence,arousal,expression,aus\n";
    String noLabel = ",-5,-5,-1" + ",-1".repeat(12) + "\n";
    Path unlabelled = dir.resolve("unlabelled.txt");
    Files.writeString(unlabelled, header + String.join(noLabel, labels.images()) + noLabel);
    Path fused = dir.resolve("fused.csv");
    assertEquals(1, fuse("--annotations", unlabelled.toString(), "--out", fused.toString()));
    assertEquals("affect4j fuse: " + unlabelled + ": no row has a label of the tasks that are predicted, so there is"
        + " nothing to score\n", err.toString(StandardCharsets.UTF_8));
    String someLabels = ",0.5,0.5,-1" + ",1".repeat(12) + "\n";
    Files.writeString(unlabelled, header + String.join(someLabels, labels.images()) + someLabels);
    assertEquals(0, fuse("--annotations", unlabelled.toString()));
    assertEquals(1, fuse("--annotations", unlabelled.toString(), "--protocol", "all", "--out", fused.toString()));
    assertTrue(err.toString(StandardCharsets.UTF_8).contains("use --protocol each"));
    assertTrue(Files.notExists(fused));
  }

  @Test
  void usageErrorsExitWithTwo() {
    assertEquals(2, run("evaluate", "--predictions", "x"));
    assertEquals(2, evaluate("mtl.csv", "--protocol", "some"));
    assertEquals(2, evaluate("mtl.csv", "--bootstrap", "-1"));
    assertEquals(2, evaluate("mtl.csv", "surplus"));
    assertEquals(2, fuse());
    assertEquals(2, fuse("--sweep", "--out", "x"));
    assertEquals(2, fuse("--lambda-va", "1.5", "--out", "x"));
    assertTrue(err.toString(StandardCharsets.UTF_8).lines().allMatch(line -> line.startsWith("affect4j ")));
    String expected = "expected --lambda-va to be a number in [0.0, 1.0], got '1.5'";
    assertTrue(err.toString(StandardCharsets.UTF_8).contains(expected));
  }

  @Test
  void badInputExitsWithOneInOneLine() {
    assertEquals(1, run("evaluate", "--predictions", dir.resolve("none").toString(), "--annotations",
        dir.resolve("labels.txt").toString()));
    assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count());
    assertEquals("", out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void helpShowsOptionsAndExamples() {
    for (String command : List.of("evaluate", "fuse")) {
      assertEquals(0, run(command, "--help"));
    }
    String text = out.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("--sweep") && text.contains("--bootstrap") && text.contains("examples:"), text);
  }

  private int evaluate(String predictions, String... options) {
    List<String> arguments = new ArrayList<>(List.of("evaluate", "--predictions", dir.resolve(predictions).toString(),
        "--annotations", dir.resolve("labels.txt").toString()));
    arguments.addAll(Arrays.asList(options));
    return run(arguments.toArray(String[]::new));
  }

  private int fuse(String... options) {
    List<String> arguments = new ArrayList<>(List.of("fuse"));
    for (String model : List.of("va", "expr", "au")) {
      arguments.addAll(List.of("--single-" + model, dir.resolve(model + ".csv").toString()));
    }
    arguments.addAll(List.of("--multi", dir.resolve("mtl.csv").toString()));
    arguments.addAll(Arrays.asList(options));
    return run(arguments.toArray(String[]::new));
  }

  private int run(String... arguments) {
    PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new Main(List.of(new EvaluateCommand(), new FuseCommand()), outStream, errStream).run(arguments);
  }
}
