package io.github.affect4j.train;

import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.io.TensorEntry;
import io.github.affect4j.io.TensorType;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/** A trained model on disk: a checkpoint, or an exported file of weights alone. */
public final class ModelFile {
  private ModelFile() {}

  /**
   * Loads a model for prediction. Its heads are those in the file.
   *
   * @throws InputException if the file is damaged or lacks a tensor
   */
  public static Model open(Path path, Precision precision, Device device) throws IOException {
    try (Safetensors file = Safetensors.open(path)) {
      file.verify();
      Model model = new Model(spec(file), precision, device, 0);
      try {
        new Weights(model).load(file);
        return model;
      } catch (IOException | RuntimeException e) {
        model.close();
        throw e;
      }
    }
  }

  /** The element type a checkpoint was trained with; fp32 for files that do not say. */
  public static Precision precision(Path path) throws IOException {
    try (Safetensors file = Safetensors.open(path)) {
      boolean checkpoint = file.metadata().containsKey(Checkpoint.STATE_KEY);
      return checkpoint ? Checkpoint.state(file).hyperparameters().dtype() : Precision.FP32;
    }
  }

  /** Which of the four models a file holds, by the heads in it. */
  static ModelSpec spec(Safetensors file) {
    EnumSet<Task> heads = EnumSet.noneOf(Task.class);
    for (Task task : Task.values()) {
      if (file.tensors().containsKey("fc_" + task.label() + ".weight")) {
        heads.add(task);
      }
    }
    return ModelSpec.all().stream()
        .filter(spec -> spec.tasks().equals(heads))
        .findFirst()
        .orElseThrow(
            () ->
                InputException.in(
                    file.file(),
                    "has " + (heads.isEmpty() ? "no head" : "the heads " + heads)
                        + "; expected fc_va, fc_expr or fc_au with weight and bias, or all three"));
  }

  /**
   * Writes the weights alone, as F32 under torchvision's names: no optimizer state, no metadata of
   * the run.
   *
   * @return number of tensors written
   */
  public static int export(Path source, Path target) throws IOException {
    if (Files.exists(source) && Files.exists(target) && Files.isSameFile(source, target)) {
      throw InputException.in(target, "expected another file than the model, whose training state an export lacks");
    }
    try (Safetensors in = Safetensors.open(source)) {
      in.verify();
      ModelSpec spec = spec(in);
      List<TensorEntry> weights = in.tensors().values().stream().filter(ModelFile::isWeight).toList();
      List<SafetensorsWriter.Declaration> declarations =
          weights.stream().map(t -> new SafetensorsWriter.Declaration(t.name(), t.shape())).toList();
      Map<String, String> metadata = Map.of("format", "pt", "model", spec.name());
      try (SafetensorsWriter out = SafetensorsWriter.create(target, metadata, declarations)) {
        for (TensorEntry tensor : weights) {
          out.write(read(in, tensor));
        }
        out.commit();
      }
      return weights.size();
    }
  }

  private static boolean isWeight(TensorEntry tensor) {
    return tensor.type() != TensorType.I64
        && !tensor.name().startsWith(Checkpoint.ADAM_M)
        && !tensor.name().startsWith(Checkpoint.ADAM_V);
  }

  private static FloatBuffer read(Safetensors in, TensorEntry tensor) throws IOException {
    FloatBuffer values =
        ByteBuffer.allocate(Math.toIntExact(tensor.elements() * Float.BYTES)).order(ByteOrder.nativeOrder()).asFloatBuffer();
    in.read(tensor, values);
    return values.flip();
  }
}
