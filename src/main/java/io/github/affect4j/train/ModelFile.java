package io.github.affect4j.train;

import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;

/** A trained model on disk: a checkpoint, or an exported file of weights alone. */
public final class ModelFile {
  private ModelFile() {}

  /**
   * Loads a model for prediction. Its heads are those in the file.
   *
   * @param precision null: the one it was trained with, or fp32 if the file does not say
   * @throws InputException if the file is damaged, lacks a tensor, or is of another network
   */
  public static Model open(Path path, Precision precision, Device device) throws IOException {
    try (Safetensors file = Weights.open(path)) {
      Model model = new Model(spec(file), precision == null ? precision(file) : precision, device, 0);
      try {
        new Weights(model).load(file);
        return model;
      } catch (IOException | RuntimeException e) {
        model.close();
        throw e;
      }
    }
  }

  private static Precision precision(Safetensors file) {
    boolean checkpoint = file.metadata().containsKey(Checkpoint.STATE_KEY);
    return checkpoint ? Checkpoint.state(file).hyperparameters().dtype() : Precision.FP32;
  }

  /** Which of the four models a file holds, by the heads in it. */
  static ModelSpec spec(Safetensors file) {
    EnumSet<Task> heads = EnumSet.noneOf(Task.class);
    for (Task task : Task.values()) {
      String head = "fc_" + task.label();
      if (file.tensors().containsKey(head + ".weight") || file.tensors().containsKey(head + ".bias")) {
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
    try (Model model = open(source, Precision.FP32, Device.CPU)) {
      Weights weights = new Weights(model);
      Map<String, String> metadata = Map.of("format", "pt", "model", model.spec().name());
      try (SafetensorsWriter out = SafetensorsWriter.create(target, metadata, weights.declarations())) {
        weights.write(out);
        out.commit();
      }
      return model.tensors().size();
    }
  }
}
