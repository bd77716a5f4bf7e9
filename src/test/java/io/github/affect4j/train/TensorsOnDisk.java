package io.github.affect4j.train;

import io.github.affect4j.engine.TensorInfo;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.TensorEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Safetensors files as other programs may write them: all zero, and so no burden to the disk. */
final class TensorsOnDisk {
  final Map<String, List<Long>> shapes = new LinkedHashMap<>();
  final Map<String, String> metadata = new LinkedHashMap<>();

  /** These tensors, and those that a test adds or takes away. */
  TensorsOnDisk(List<TensorInfo> tensors) {
    tensors.forEach(tensor -> shapes.put(tensor.name(), tensor.shape()));
  }

  TensorsOnDisk with(String name, Long... shape) {
    shapes.put(name, Arrays.asList(shape));
    return this;
  }

  TensorsOnDisk metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  Path write(Path file) throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("__metadata__", metadata);
    long end = 0;
    for (Map.Entry<String, List<Long>> tensor : shapes.entrySet()) {
      long begin = end;
      end += Float.BYTES * tensor.getValue().stream().reduce(1L, Math::multiplyExact);
      header.put(
          tensor.getKey(), Map.of("dtype", "F32", "shape", tensor.getValue(), "data_offsets", List.of(begin, end)));
    }
    byte[] json = Json.mapper().writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    ByteBuffer head = ByteBuffer.allocate(Long.BYTES + json.length).order(ByteOrder.LITTLE_ENDIAN);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(0);
      out.write(head.putLong(json.length).put(json).array());
      out.setLength(head.capacity() + end);
    }
    return file;
  }

  /** Replaces one value. */
  static void put(Path file, String tensor, int element, float value) throws IOException {
    TensorEntry entry;
    try (Safetensors in = Safetensors.open(file)) {
      entry = in.tensors().get(tensor);
    }
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.seek(entry.offset() + (long) element * Float.BYTES);
      out.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(value)));
    }
  }
}
