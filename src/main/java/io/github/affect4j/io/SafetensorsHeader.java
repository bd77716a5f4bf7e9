package io.github.affect4j.io;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parses and checks the JSON header of a safetensors file. */
record SafetensorsHeader(Map<String, String> metadata, Map<String, TensorEntry> tensors) {
  static final String METADATA = "__metadata__";
  private static final ObjectReader READER =
      Json.mapper()
          .reader()
          .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  static SafetensorsHeader parse(Path file, byte[] json, long fileSize) throws IOException {
    JsonNode root = readTree(file, json);
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, TensorEntry> tensors = new LinkedHashMap<>();
    long dataStart = Safetensors.LENGTH_BYTES + json.length;
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA)) {
        readMetadata(file, field.getValue(), metadata);
      } else {
        tensors.put(field.getKey(), entry(file, field.getKey(), field.getValue(), dataStart, fileSize));
      }
    }
    requireNoGaps(file, tensors.values().stream().toList(), dataStart, fileSize);
    return new SafetensorsHeader(metadata, tensors);
  }

  private static JsonNode readTree(Path file, byte[] json) throws IOException {
    try {
      // Of bytes the parser would guess the encoding, and so take UTF-16 and UTF-32, which no other reader does.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      JsonNode root = text.startsWith("{") ? READER.readTree(text) : null;
      if (root == null || !root.isObject()) {
        throw InputException.in(file, "not a safetensors file: its header is not a JSON object");
      }
      return root;
    } catch (CharacterCodingException e) {
      throw InputException.in(file, "not a safetensors file: its header is not UTF-8 text");
    } catch (JsonProcessingException e) {
      throw InputException.in(file, "not a safetensors file: its header is not valid JSON: " + e.getOriginalMessage());
    }
  }

  private static void readMetadata(Path file, JsonNode node, Map<String, String> metadata) {
    for (Map.Entry<String, JsonNode> field : requireObject(file, METADATA, node).properties()) {
      if (!field.getValue().isTextual()) {
        throw InputException.in(file, METADATA + " " + Printable.quote(field.getKey()) + " is not a string");
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
  }

  private static TensorEntry entry(Path file, String name, JsonNode node, long dataStart, long fileSize) {
    requireObject(file, name, node);
    TensorType type = type(file, name, node.get("dtype"));
    List<Long> shape = longs(file, name, "shape", node.get("shape"));
    List<Long> offsets = longs(file, name, "data_offsets", node.get("data_offsets"));
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw bad(file, name, "has data_offsets " + shown(offsets) + "; expected a begin and an end");
    }
    if (offsets.get(1) > fileSize - dataStart) {
      throw bad(file, name, "ends at byte " + offsets.get(1) + " of " + (fileSize - dataStart)
          + " bytes of data: the file is truncated or damaged");
    }
    long elements = product(file, name, shape);
    long bytes = offsets.get(1) - offsets.get(0);
    if (elements > bytes || elements * type.bytes() != bytes) {
      throw bad(file, name, "has shape " + shown(shape) + " of " + type + ", which is not the size of its " + bytes
          + " bytes");
    }
    return new TensorEntry(name, type, shape, dataStart + offsets.get(0), elements);
  }

  private static TensorType type(Path file, String name, JsonNode node) {
    String text = node == null ? "" : node.asText();
    for (TensorType type : TensorType.values()) {
      if (type.name().equals(text)) {
        return type;
      }
    }
    throw bad(file, name, "has the unknown dtype " + Printable.quote(text));
  }

  private static List<Long> longs(Path file, String name, String key, JsonNode node) {
    if (node == null || !node.isArray()) {
      throw bad(file, name, "has no list '" + key + "'");
    }
    List<Long> values = new ArrayList<>();
    for (JsonNode value : node) {
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw bad(file, name, "has " + shown(value) + " in '" + key + "'; expected whole numbers from 0 on");
      }
      values.add(value.longValue());
    }
    return values;
  }

  private static long product(Path file, String name, List<Long> shape) {
    try {
      return shape.stream().reduce(1L, Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw bad(file, name, "has the impossible shape " + shown(shape));
    }
  }

  /** The format demands that the tensors fill the data exactly: overlaps and holes hide things. */
  private static void requireNoGaps(Path file, List<TensorEntry> tensors, long dataStart, long fileSize) {
    long end = dataStart;
    for (TensorEntry tensor : tensors.stream()
        .sorted(Comparator.comparingLong(TensorEntry::offset).thenComparingLong(TensorEntry::bytes)).toList()) {
      if (tensor.offset() != end) {
        throw bad(
            file, tensor.name(), tensor.offset() < end ? "overlaps another tensor" : "follows a hole in the data");
      }
      end = tensor.offset() + tensor.bytes();
    }
    if (end != fileSize) {
      throw InputException.in(file, "has " + (fileSize - end) + " bytes that belong to no tensor");
    }
  }

  private static JsonNode requireObject(Path file, String name, JsonNode node) {
    if (!node.isObject()) {
      throw bad(file, name, "is not a JSON object");
    }
    return node;
  }

  /** A value for a message: a hostile one has millions of numbers. */
  private static String shown(Object value) {
    String text = value.toString();
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }

  private static InputException bad(Path file, String name, String what) {
    return InputException.in(file, "tensor " + Printable.quote(name) + " " + what);
  }
}
