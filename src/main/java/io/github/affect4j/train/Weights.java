package io.github.affect4j.train;

import io.github.affect4j.engine.EngineException;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.TensorInfo;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.io.TensorEntry;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Moves a model's tensors to and from safetensors files, by torchvision's names. */
final class Weights {
  private static final String HEAD_PREFIX = "fc_";
  private static final Set<String> HEADS = Arrays.stream(Task.values())
      .flatMap(task -> Stream.of(".weight", ".bias").map(part -> HEAD_PREFIX + task.label() + part))
      .collect(Collectors.toSet());

  /** Of ImageNet's classes, or of others. */
  private static final String CLASSIFIER = "fc.";

  private static final String LAST_NORM_OF_A_BLOCK = ".bn3.weight";

  /** Only one convolution is so named, whatever comes before. */
  private static final String A_CONVOLUTION = "layer1.0.conv1.weight";

  private static final String COUNTER = ".num_batches_tracked";
  private static final int EXAMPLES = 3;

  private final Model model;
  private final FloatBuffer scratch;

  Weights(Model model) {
    this.model = model;
    this.scratch = model.scratch();
  }

  /**
   * Opens a file of weights, whoever wrote it.
   *
   * @throws InputException if it is no safetensors file, or its content is not what affect4j wrote
   */
  static Safetensors open(Path path) throws IOException {
    Safetensors file = Safetensors.open(path);
    try {
      if (!file.verify() && file.metadata().containsKey(Checkpoint.STATE_KEY)) {
        throw InputException.in(path, "damaged: it has the state of a checkpoint, but no checksum; use another copy");
      }
      return file;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
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

  /** Loads every tensor of the model; all must be there, and none of another network. */
  void load(Safetensors file) throws IOException {
    requireSameNetwork(file);
    for (TensorInfo tensor : model.tensors()) {
      load(file, tensor);
    }
  }

  /**
   * Loads a pretrained backbone: every tensor of it must be there; heads are taken where the file
   * has them; what any ResNet-50 may have ({@code fc.*}, {@code num_batches_tracked}) is ignored.
   *
   * @return one sentence on what was loaded
   */
  String loadPretrained(Safetensors file) throws IOException {
    requireSameNetwork(file);
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

  /** Deeper networks, and those with more in each block, have all tensors of this one under the same names. */
  private void requireSameNetwork(Safetensors file) {
    Set<String> own = model.tensors().stream().map(TensorInfo::name).collect(Collectors.toSet());
    List<String> others = file.tensors().keySet().stream().filter(name -> !isExpected(name, own)).toList();
    requireNoPrefix(file.file(), others);
    if (!others.isEmpty()) {
      String examples = others.stream().limit(EXAMPLES).map(name -> "'" + name + "'").collect(Collectors.joining(", "));
      throw InputException.in(file.file(), "is of another network than ResNet-50, which lacks " + others.size()
          + " of its tensors, such as " + examples + "; give weights of torchvision's resnet50");
    }
  }

  private static void requireNoPrefix(Path file, List<String> names) {
    for (String name : names) {
      if (name.endsWith("." + A_CONVOLUTION)) {
        String prefix = name.substring(0, name.length() - A_CONVOLUTION.length());
        throw InputException.in(file,
            "its tensors' names begin with '" + prefix + "'; expected torchvision's names, such"
                + " as '" + A_CONVOLUTION + "': take the prefix off by the line in docs/file-formats.md");
      }
    }
  }

  private static boolean isExpected(String name, Set<String> own) {
    String of = name.startsWith(Checkpoint.ADAM_M) || name.startsWith(Checkpoint.ADAM_V)
        ? name.substring(Checkpoint.ADAM_M.length())
        : name;
    boolean counter = of.endsWith(COUNTER) && own.contains(of.replace(COUNTER, ".running_mean"));
    return own.contains(of) || counter || HEADS.contains(of) || of.startsWith(CLASSIFIER);
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
