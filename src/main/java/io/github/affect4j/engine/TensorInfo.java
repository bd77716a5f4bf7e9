package io.github.affect4j.engine;

import java.util.Arrays;
import java.util.List;

/**
 * Name and shape of one tensor of a model.
 *
 * @param index position in {@link Model#tensors()}
 * @param name torchvision's name, such as {@code layer1.0.conv1.weight}
 * @param shape sizes, OIHW for convolutions
 * @param trainable false for batch-norm running statistics
 */
public record TensorInfo(int index, String name, List<Long> shape, boolean trainable) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  static TensorInfo of(int index, String name, long[] shape, boolean trainable) {
    return new TensorInfo(index, name, Arrays.stream(shape).boxed().toList(), trainable);
  }

  /** Number of elements. */
  public int elements() {
    return (int) shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }
}
