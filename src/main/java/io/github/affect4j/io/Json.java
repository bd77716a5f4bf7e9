package io.github.affect4j.io;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The one JSON dialect of affect4j: snake_case keys, map entries in insertion order, paths as the
 * user wrote them (not as file: URIs).
 */
public final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          // Else what is missing or null would be read as 0, 1.9 as 1, 1 as an enum's second constant, "0.5" as a
          // number, and of a key that is there twice the last value.
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addModule(new SimpleModule().addSerializer(Path.class, ToStringSerializer.instance))
          .build();

  private Json() {}

  /** Reads and writes one-line JSON. */
  public static ObjectMapper mapper() {
    return MAPPER;
  }

  /**
   * Reads a value from a file's bytes.
   *
   * @return never null
   * @throws JsonProcessingException if they are no JSON of this type
   */
  public static <T> T read(byte[] json, Class<T> type) throws JsonProcessingException {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw MismatchedInputException.from(null, type, "it is null");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw e;
    } catch (IOException e) { // bytes in the encoding that their first ones look like
      throw new JsonParseException(null, e.getMessage(), e);
    }
  }

  /** What is wrong with JSON that was read: what our own records say, or else the parser. */
  public static String problem(JsonProcessingException e) {
    if (e instanceof UnrecognizedPropertyException unknown) {
      return "it has the unknown key " + Printable.quote(unknown.getPropertyName());
    }
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
