package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What a run keeps beside its tensors. */
class RunFilesFuzzTest {
  /** Fields that older files lack, and what a null stands for. */
  private static final Set<String> OPTIONAL = Set.of("protocol", "rows", "sharing", "device");

  @TempDir(factory = InMemory.class) Path dir;
  private RunFolder run;

  @BeforeEach
  void makeFolder() throws IOException {
    run = new RunFolder(dir, ModelSpec.MTL);
    Files.createDirectories(run.path());
  }

  @FuzzTest
  void options(byte[] input) throws Exception {
    Fuzz.file(run.path().resolve("options.json"), input, file -> {
      Optional<Hyperparameters> read = run.hyperparameters();
      requireValid(read.orElseThrow());
      requireTaken(Json.mapper().readTree(Files.readAllBytes(file)), Json.mapper().valueToTree(read.get()), "");
      run.writeOptions(read.get());
      assertEquals(read, Fuzz.readBack(run::hyperparameters));
    });
  }

  @FuzzTest
  void state(byte[] input) throws Exception {
    Path file = dir.resolve("checkpoint.safetensors");
    Fuzz.bytes(input, bytes -> {
      String json = new String(bytes, StandardCharsets.UTF_8);
      TrainingState state = read(file, json);
      requireValid(state);
      JsonNode tree = Json.mapper().valueToTree(state);
      requireTaken(Json.mapper().readTree(json), tree, "");
      TrainingState again = Fuzz.readBack(() -> read(file, tree.toString()));
      assertEquals(tree, Json.mapper().valueToTree(again));
    });
  }

  private static TrainingState read(Path file, String json) throws IOException {
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, Map.of(Checkpoint.STATE_KEY, json), List.of())) {
      writer.commit();
    }
    try (Safetensors opened = Safetensors.open(file)) {
      return Checkpoint.state(opened);
    }
  }

  private static void requireValid(Hyperparameters options) {
    for (Object value : List.of(
        options.schedule(), options.crop(), options.classWeights(), options.dtype(), options.init(), options.protocol(),
        options.rows())) {
      assertNotNull(value);
    }
    assertTrue(Double.isFinite(options.lr()));
  }

  private static void requireValid(TrainingState state) {
    requireValid(state.hyperparameters());
    assertNotNull(state.model());
    assertNotNull(state.data());
    assertTrue(state.epoch() >= 0 && state.batch() >= 0 && state.adamSteps() >= 0 && state.sharing().ranks() >= 1);
    assertTrue(DoubleStream.of(LossMeter.of(state.meter()).state()).allMatch(Double::isFinite));
    state.history().forEach(record -> assertTrue(Double.isFinite(record.score())));
    assertTrue(state.history().isEmpty() || state.best() != null);
    state.finished();
  }

  /** Each value is the one that the file has: no default in place of what is absent, no number rounded to another. */
  private static void requireTaken(JsonNode file, JsonNode value, String name) {
    if (OPTIONAL.contains(name) && (file == null || file.isNull()) || file == null && value.isNull()) {
      return;
    }
    assertNotNull(file, () -> name + " is not in the file, but " + value);
    if (value.isObject()) {
      value.properties().forEach(field -> requireTaken(file.get(field.getKey()), field.getValue(), field.getKey()));
    } else if (value.isArray()) {
      assertEquals(file.size(), value.size(), name);
      Iterator<JsonNode> elements = file.elements();
      value.forEach(element -> requireTaken(elements.next(), element, name));
    } else if (value.isNumber()) {
      boolean same = file.isNumber() && file.doubleValue() == value.doubleValue();
      assertTrue(same, () -> name + " " + file + " is " + value);
    } else {
      assertEquals(file.asText().strip(), value.asText(), name); // a choice may have blanks around it
    }
  }
}
