package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.data.Annotations;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.VideoFilesOf;
import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
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
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From per-video files of drawn faces to a trained model. */
class ConvertCommandTest {
  @TempDir Path dir;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private DatasetFolder data;

  @BeforeEach
  void generate() {
    data = SyntheticFaces.generate(dir.resolve("data"), new SyntheticOptions(50, 50, 0, 32, 1), DecodeProgress.NONE);
  }

  @Test
  void allTasksComeBackAsTheyWere() throws IOException {
    LabelSet original = data.training();
    for (Task task : Task.values()) {
      VideoFilesOf.write(dir.resolve(task.label()), original, task);
    }
    Path file = dir.resolve("training.txt");
    assertEquals(0, run("convert", "--va", dir.resolve("va").toString(), "--expr", dir.resolve("expr").toString(),
        "--au", dir.resolve("au").toString(), "--images", data.imageRoot().toString(), "--out", file.toString(),
        "--json"), err::toString);

    LabelSet converted = Annotations.read(file);
    int[] expected = rowsOnceInOrder(original);
    assertEquals(expected.length, converted.size());
    for (int row = 0; row < expected.length; row++) {
      int before = expected[row];
      assertEquals(original.images().get(before), converted.images().get(row));
      assertEquals(original.valence()[before], converted.valence()[row]);
      assertEquals(original.arousal()[before], converted.arousal()[row]);
      assertEquals(original.expression()[before], converted.expression()[row]);
      assertArrayEquals(units(original, before), units(converted, row));
    }
    JsonNode report = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertEquals(expected.length, report.get("rows").asInt());
    assertEquals(IntStream.of(expected).filter(original::hasVa).count(), report.get("va").asInt());
    assertEquals(IntStream.of(expected).filter(original::hasExpression).count(), report.get("expr").asInt());
    assertEquals(IntStream.of(expected).filter(original::hasAnyActionUnit).count(), report.get("au").asInt());
  }

  /** Labelled rows whose image is there, each image once, by video and frame. */
  private int[] rowsOnceInOrder(LabelSet labels) {
    Set<String> seen = new HashSet<>();
    return IntStream.range(0, labels.size())
        .filter(row -> Arrays.stream(Task.values()).anyMatch(task -> labels.has(task, row)))
        .filter(row -> Files.exists(data.imageRoot().resolve(labels.images().get(row))))
        .filter(row -> seen.add(labels.images().get(row)))
        .boxed()
        .sorted(Comparator.comparing(labels.images()::get))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static byte[] units(LabelSet labels, int row) {
    return Arrays.copyOfRange(labels.actionUnits(), row * ActionUnit.COUNT, (row + 1) * ActionUnit.COUNT);
  }

  @Test
  void trainSaysHowToGetAnnotationsAndThenTrainsFromThem() throws IOException {
    LabelSet training = data.training();
    LabelSet validation = data.validation();
    Files.delete(data.root().resolve(DatasetFolder.TRAINING_FILE));
    Files.delete(data.root().resolve(DatasetFolder.VALIDATION_FILE));
    Path challenge = data.root().resolve("EXPR_Recognition_Challenge");
    VideoFilesOf.write(challenge.resolve("Train_Set"), training, Task.EXPR);
    VideoFilesOf.write(challenge.resolve("Validation_Set"), validation, Task.EXPR);
    String[] train = {"train", "--data", data.root().toString(), "--task", "expr",
        "--out", dir.resolve("runs").toString(), "--cache", dir.resolve("cache").toString(),
        "--epochs", "1", "--batch", "16", "--threads", "1"};
    assertEquals(1, run(train));
    String message = err.toString(StandardCharsets.UTF_8);
    assertTrue(message.contains(DatasetFolder.TRAINING_FILE + ": expected an annotation file, but there is none; make"
        + " it from the per-video files in " + data.root() + " by 'affect4j convert'"), message);

    assertEquals(0, convert(challenge.resolve("Train_Set"), DatasetFolder.TRAINING_FILE), err::toString);
    assertEquals(0, convert(challenge.resolve("Validation_Set"), DatasetFolder.VALIDATION_FILE), err::toString);
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("labelled VA 0, EXPR "), out::toString);
    assertEquals(0, run(train), err::toString);
    assertTrue(Files.exists(dir.resolve("runs/expr/best.safetensors")));
  }

  @Test
  void theOutputMayNotLieAmongTheInputs() throws IOException {
    Path folder = VideoFilesOf.write(dir.resolve("va"), data.training(), Task.VA);
    Path input = folder.resolve("video001.txt");
    String before = Files.readString(input);
    for (Path output : List.of(input, folder.resolve("../va/training.txt"))) {
      err.reset();
      assertEquals(2, run("convert", "--va", folder.toString(), "--images", data.imageRoot().toString(), "--out",
          output.toString()));
      assertEquals("affect4j convert: expected --out to be outside the folder of --va, got '" + output
          + "'; see --help\n", err.toString(StandardCharsets.UTF_8));
    }
    assertEquals(before, Files.readString(input));
    assertTrue(Files.notExists(folder.resolve("training.txt")));
  }

  private int convert(Path labels, String name) {
    return run("convert", "--expr", labels.toString(), "--images", data.imageRoot().toString(), "--out",
        data.root().resolve(name).toString());
  }

  private int run(String... arguments) {
    Main main = new Main(
        List.of(new ConvertCommand(), new TrainCommand()),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
    return main.run(arguments);
  }
}
