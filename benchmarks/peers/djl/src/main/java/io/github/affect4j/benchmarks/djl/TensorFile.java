package io.github.affect4j.benchmarks.djl;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** F32 tensors of a safetensors file that {@code Affect4jArm} has just written, in file order. */
final class TensorFile {
  /**
   * A tensor.
   *
   * @param shape sizes, row-major
   * @param values its elements
   */
  record Tensor(long[] shape, float[] values) {}

  private TensorFile() {}

  static Map<String, Tensor> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[Math.toIntExact(bytes.getLong())];
    bytes.get(header);
    ByteBuffer data = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    JsonObject entries = JsonParser.parseString(new String(header, StandardCharsets.UTF_8)).getAsJsonObject();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonElement> entry : entries.entrySet()) {
      if (!entry.getKey().equals("__metadata__")) {
        tensors.put(entry.getKey(), tensor(entry.getValue().getAsJsonObject(), data));
      }
    }
    return tensors;
  }

  private static Tensor tensor(JsonObject entry, ByteBuffer data) {
    long[] shape = entry.getAsJsonArray("shape").asList().stream().mapToLong(JsonElement::getAsLong).toArray();
    int start = entry.getAsJsonArray("data_offsets").get(0).getAsInt();
    int end = entry.getAsJsonArray("data_offsets").get(1).getAsInt();
    float[] values = new float[(end - start) / Float.BYTES];
    data.slice(start, end - start).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return new Tensor(shape, values);
  }
}
