package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  @TempDir Path folder;

  /** A whole file with a state and hardly a tensor. */
  static Path write(Path file, TrainingState state) throws IOException {
    return write(file, Json.mapper().writeValueAsString(state));
  }

  private static Path write(Path file, String state) throws IOException {
    List<SafetensorsWriter.Declaration> tensors = List.of(new SafetensorsWriter.Declaration("x", List.of(1L)));
    try (SafetensorsWriter out = SafetensorsWriter.create(file, Map.of(Checkpoint.STATE_KEY, state), tensors)) {
      out.write(FloatBuffer.wrap(new float[1]));
      out.commit();
    }
    return file;
  }

  static TrainingState state(Hyperparameters hyperparameters, double... scores) {
    TrainingState state = TrainingState.initial("mtl", hyperparameters, "data");
    for (double score : scores) {
      state = state.afterEpoch(new EpochRecord(
          state.epoch() + 1, 1, 1e-4, 1.0, null, null, null, null, null, score, null, null, null, null, true, 1, 1));
    }
    return state;
  }

  @Test
  void aStateThatIsNoneIsRefusedInASentence() throws IOException {
    String other = "; this affect4j reads format 1; use the release that wrote it";
    assertEquals("checkpoint format 2" + other, refusal("{\"version\": 2}"));
    assertEquals("checkpoint format 4294967297" + other, refusal("{\"version\": 4294967297}"));
    assertEquals("checkpoint format 1.5" + other, refusal("{\"version\": 1.5}"));
    assertEquals("checkpoint format null" + other, refusal("{\"version\": null}"));
    for (String json : List.of("{}", "null", "[]", "7", "")) {
      assertEquals("checkpoint format unknown" + other, refusal(json), json);
    }
    assertTrue(refusal("{\"version\": 1").startsWith("its training state cannot be read: "));
    assertEquals("its training state cannot be read: its 'model' is missing or impossible", refusal("{\"version\": 1, "
        + "\"epoch\": 0, \"batch\": 0, \"adam_steps\": 0}"));
  }

  /** Whatever is lost or null: never a NullPointerException, and never a number read as 0. */
  @Test
  void everyComponentButTheLaterOnesIsNeeded() throws IOException {
    ObjectNode whole = Json.mapper().valueToTree(state(Hyperparameters.paper(), 0.5));
    Set<String> optional = Set.of("/sharing", "/device", "/hyperparameters/protocol", "/hyperparameters/rows",
        "/history/0/loss", "/history/0/loss_va", "/history/0/loss_expr", "/history/0/loss_au",
        "/history/0/train_expr_accuracy", "/history/0/train_au_accuracy", "/history/0/ccc_valence",
        "/history/0/ccc_arousal", "/history/0/expr_macro_f1", "/history/0/au_mean_f1");
    for (String pointer : pointers("", whole)) {
      String parent = pointer.substring(0, pointer.lastIndexOf('/'));
      String name = pointer.substring(parent.length() + 1);
      for (boolean isNull : new boolean[] {true, false}) {
        ObjectNode changed = whole.deepCopy();
        ObjectNode holder = (ObjectNode) changed.at(parent);
        if (isNull) {
          holder.putNull(name);
        } else {
          holder.remove(name);
        }
        if (optional.contains(pointer)) {
          Checkpoint.state(open(changed.toString()));
        } else {
          String refusal = refusal(changed.toString());
          assertTrue(refusal.startsWith(name.equals("version") ? "checkpoint format " : "its training state cannot"),
              pointer + ": " + refusal);
        }
      }
    }
  }

  /** All fields, as JSON pointers, of an object and of what it holds. */
  private static List<String> pointers(String at, JsonNode node) {
    List<String> pointers = new ArrayList<>();
    node.properties().forEach(field -> {
      pointers.add(at + "/" + field.getKey());
      pointers.addAll(pointers(at + "/" + field.getKey(), field.getValue()));
    });
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      pointers.addAll(pointers(at + "/" + i, node.get(i)));
    }
    return pointers;
  }

  private Safetensors open(String state) throws IOException {
    try (Safetensors file = Safetensors.open(write(folder.resolve("c.safetensors"), state))) {
      return file; // metadata outlive the file
    }
  }

  private String refusal(String state) throws IOException {
    Safetensors file = open(state);
    String message = assertThrows(InputException.class, () -> Checkpoint.state(file)).getMessage();
    return message.substring((file.file() + ": ").length());
  }
}
