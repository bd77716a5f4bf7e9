package io.github.affect4j.train;

import io.github.affect4j.engine.EngineException;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.TensorInfo;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.io.TensorEntry;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Moves a model's tensors to and from safetensors files, by torchvision's names. */
final class Weights {
  private static final String HEAD_PREFIX = "fc_";
  private static final String LAST_NORM_OF_A_BLOCK = ".bn3.weight";

  private final Model model;
  private final FloatBuffer scratch;

  Weights(Model model) {
    this.model = model;
    this.scratch = model.scratch();
  }

  List<SafetensorsWriter.Declaration> declarations() {
    return model.tensors().stream()
        .map(tensor -> new SafetensorsWriter.Declaration(tensor.name(), tensor.shape()))
        .toList();
  }

  /** Writes all tensors in the order of {@link #declarations()}. */
  void write(SafetensorsWriter out) throws IOException {
    for (TensorInfo tensor : model.tensors()) {
      FloatBuffer values = scratch.slice(0, tensor.elements());
      model.read(tensor, values);
      requireFinite(tensor.name(), values);
      out.write(values);
    }
  }

  /** A resume would refuse other values: the update after a finite loss can still overflow. */
  static void requireFinite(String name, FloatBuffer values) {
    for (int i = values.position(); i < values.limit(); i++) {
      if (!Float.isFinite(values.get(i))) {
        throw new InputException("training diverged: '" + name + "' is not finite; try a smaller --lr"
            + " (the last checkpoint is intact)");
      }
    }
  }

  /** Loads every tensor of the model; all must be there. */
  void load(Safetensors file) throws IOException {
    for (TensorInfo tensor : model.tensors()) {
      load(file, tensor);
    }
  }

  /**
   * Loads a pretrained backbone: every tensor of it must be there; heads are taken where the file
   * has them; all else in the file ({@code fc.*}, {@code num_batches_tracked}) is ignored.
   *
   * @return one sentence on what was loaded
   */
  String loadPretrained(Safetensors file) throws IOException {
    List<String> random = new ArrayList<>();
    int loaded = 0;
    for (TensorInfo tensor : model.tensors()) {
      boolean head = tensor.name().startsWith(HEAD_PREFIX);
      if (head && !file.tensors().containsKey(tensor.name())) {
        random.add(tensor.name());
      } else {
        load(file, tensor);
        loaded++;
      }
    }
    return "loaded " + loaded + " of " + model.tensors().size() + " tensors from " + file.file()
        + (random.isEmpty() ? "" : "; random: " + String.join(", ", random));
  }

  /**
   * Sets the scale of each residual block's last batch norm to 0, so that every block begins as the identity: random
   * weights learn from the first update on (Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.1).
   */
  void beginAsIdentity() {
    for (TensorInfo tensor : model.tensors()) {
      if (tensor.name().endsWith(LAST_NORM_OF_A_BLOCK)) {
        FloatBuffer zeros = scratch.slice(0, tensor.elements());
        while (zeros.hasRemaining()) {
          zeros.put(0);
        }
        model.write(tensor, zeros.flip());
      }
    }
  }

  private void load(Safetensors file, TensorInfo tensor) throws IOException {
    FloatBuffer values = scratch.slice(0, tensor.elements());
    file.read(entry(file, tensor.name(), tensor.shape()), values);
    try {
      model.write(tensor, values.flip());
    } catch (EngineException e) {
      throw refused(file.file(), tensor.name(), e);
    }
  }

  /** The file's tensor of this name and shape, or an InputException. */
  static TensorEntry entry(Safetensors file, String name, List<Long> shape) {
    TensorEntry entry = file.tensors().get(name);
    if (entry == null) {
      throw InputException.in(
          file.file(), "has no tensor '" + name + "'; expected the parameter names of torchvision's resnet50");
    }
    if (!entry.shape().equals(shape)) {
      throw InputException.in(
          file.file(), "tensor '" + name + "' has shape " + entry.shape() + "; expected " + shape);
    }
    return entry;
  }

  static InputException refused(Path file, String tensor, EngineException e) {
    return new InputException(file + ": tensor '" + tensor + "' cannot be used: " + e.getMessage(), e);
  }
}
