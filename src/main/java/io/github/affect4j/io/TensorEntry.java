package io.github.affect4j.io;

import java.util.List;

/**
 * One tensor of a safetensors file.
 *
 * @param name unique in its file
 * @param type element type
 * @param shape sizes, row-major; empty for a scalar
 * @param offset first byte, counted from the start of the file
 * @param elements product of the shape
 */
public record TensorEntry(String name, TensorType type, List<Long> shape, long offset, long elements) {
  public TensorEntry {
    shape = List.copyOf(shape);
  }

  /** Bytes in the file. */
  public long bytes() {
    return elements * type.bytes();
  }
}
