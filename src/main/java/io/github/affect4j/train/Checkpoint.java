package io.github.affect4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.engine.EngineException;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.TensorInfo;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.engine.Trainer.State;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A training run on disk: a safetensors file with the weights under torchvision's names, Adam's
 * moments under {@code adam_m.<name>} and {@code adam_v.<name>}, and the {@link TrainingState} as
 * JSON in the metadata. A best model is the same without the moments.
 */
final class Checkpoint {
  /** Metadata key of the state. */
  static final String STATE_KEY = "affect4j";

  /** A little more than the largest checkpoint has, that of the multi-task model. */
  static final long BYTES = 284_000_000;

  /** A little more than the weights of the largest model have. */
  static final long WEIGHTS_BYTES = 95_000_000;

  static final String ADAM_M = "adam_m.";
  static final String ADAM_V = "adam_v.";

  private Checkpoint() {}

  /**
   * Writes weights, moments and state.
   *
   * @return the file, written but for its commit, before which nothing is to be seen of it
   * @throws InputException if a value is not finite
   */
  static SafetensorsWriter write(Path file, Trainer trainer, TrainingState state) throws IOException {
    Model model = trainer.model();
    Weights weights = new Weights(model);
    List<SafetensorsWriter.Declaration> tensors = new ArrayList<>(weights.declarations());
    for (TensorInfo tensor : trainable(model)) {
      tensors.add(new SafetensorsWriter.Declaration(ADAM_M + tensor.name(), tensor.shape()));
      tensors.add(new SafetensorsWriter.Declaration(ADAM_V + tensor.name(), tensor.shape()));
    }
    SafetensorsWriter out = SafetensorsWriter.create(file, metadata(state), tensors);
    try {
      weights.write(out);
      for (TensorInfo tensor : trainable(model)) {
        writeMoment(out, trainer, State.ADAM_M, tensor);
        writeMoment(out, trainer, State.ADAM_V, tensor);
      }
      return out;
    } catch (IOException | RuntimeException | Error e) {
      out.close();
      throw e;
    }
  }

  private static void writeMoment(SafetensorsWriter out, Trainer trainer, State kind, TensorInfo tensor)
      throws IOException {
    FloatBuffer values = trainer.model().scratch().slice(0, tensor.elements());
    trainer.read(kind, tensor, values);
    Weights.requireFinite(tensor.name(), values);
    out.write(values);
  }

  /** Writes the weights and state of a model that is good enough to keep. */
  static void writeWeights(Path file, Model model, TrainingState state) throws IOException {
    Weights weights = new Weights(model);
    try (SafetensorsWriter out = SafetensorsWriter.create(file, metadata(state), weights.declarations())) {
      weights.write(out);
      out.commit();
    }
  }

  private static Map<String, String> metadata(TrainingState state) throws JsonProcessingException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt");
    metadata.put(STATE_KEY, Json.mapper().writeValueAsString(state));
    return metadata;
  }

  /**
   * The state of a checkpoint whose checksum has been verified.
   *
   * @throws InputException if the file is damaged or no checkpoint of this version
   */
  static TrainingState verify(Safetensors file) throws IOException {
    if (!file.verify()) {
      throw InputException.in(file.file(), "not a checkpoint of affect4j, or damaged: it has no checksum");
    }
    return state(file);
  }

  /** The state in a file's metadata. */
  static TrainingState state(Safetensors file) {
    String json = file.metadata().get(STATE_KEY);
    if (json == null) {
      throw InputException.in(file.file(), "not a checkpoint of affect4j: its metadata has no '" + STATE_KEY + "'");
    }
    try {
      JsonNode version = Json.mapper().readTree(json).path("version");
      if (!version.isInt() || version.intValue() != TrainingState.VERSION) {
        throw InputException.in(file.file(), "checkpoint format " + (version.isMissingNode() ? "unknown" : version)
            + "; this affect4j reads format " + TrainingState.VERSION + "; use the release that wrote it");
      }
      return Json.mapper().readValue(json, TrainingState.class);
    } catch (JsonProcessingException e) {
      throw InputException.in(file.file(), "its training state cannot be read: " + Json.problem(e));
    }
  }

  /**
   * Restores weights, moments and Adam's step count.
   *
   * @throws InputException if the file is another model's, lacks a tensor, or has one that cannot be used; the
   *     trainer's content is then any
   */
  static void restore(Safetensors file, Trainer trainer, TrainingState state) throws IOException {
    Model model = trainer.model();
    if (!state.model().equals(model.spec().name())) {
      throw InputException.in(
          file.file(), "holds the model '" + state.model() + "', not '" + model.spec().name() + "'");
    }
    new Weights(model).load(file);
    for (TensorInfo tensor : trainable(model)) {
      restoreMoment(file, trainer, State.ADAM_M, ADAM_M, tensor);
      restoreMoment(file, trainer, State.ADAM_V, ADAM_V, tensor);
    }
    trainer.steps(state.adamSteps());
  }

  private static void restoreMoment(
      Safetensors file, Trainer trainer, State kind, String prefix, TensorInfo tensor) throws IOException {
    FloatBuffer values = trainer.model().scratch().slice(0, tensor.elements());
    file.read(Weights.entry(file, prefix + tensor.name(), tensor.shape()), values);
    try {
      trainer.write(kind, tensor, values.flip());
    } catch (EngineException e) {
      throw Weights.refused(file.file(), prefix + tensor.name(), e);
    }
  }

  private static List<TensorInfo> trainable(Model model) {
    return model.tensors().stream().filter(TensorInfo::trainable).toList();
  }
}
