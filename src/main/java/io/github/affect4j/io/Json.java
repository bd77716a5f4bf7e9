package io.github.affect4j.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.nio.file.Path;

/**
 * The one JSON dialect of affect4j: snake_case keys, map entries in insertion order, paths as the
 * user wrote them (not as file: URIs).
 */
public final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          // Else a number that is missing or null would be read as 0.
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addModule(new SimpleModule().addSerializer(Path.class, ToStringSerializer.instance))
          .build();

  private Json() {}

  /** Reads and writes one-line JSON. */
  public static ObjectMapper mapper() {
    return MAPPER;
  }

  /** What is wrong with JSON that was read: what our own records say, or else the parser. */
  public static String problem(JsonProcessingException e) {
    return e.getCause() instanceof InputException refused ? refused.getMessage() : e.getOriginalMessage();
  }

  /** Indented, for people and for {@code --json}. */
  public static String pretty(Object value) {
    try {
      return MAPPER.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not serialisable: " + value.getClass(), e);
    }
  }
}
