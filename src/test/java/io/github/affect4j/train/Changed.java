package io.github.affect4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import java.util.Map;

/** Hyper-parameters that differ from others in what a test says, by the names of {@code options.json}. */
public final class Changed {
  private Changed() {}

  /** @throws InputException if a value is out of its range */
  public static Hyperparameters of(Hyperparameters others, Map<String, ?> changes) {
    ObjectNode json = Json.mapper().valueToTree(others);
    changes.forEach((name, value) -> json.set(name, Json.mapper().valueToTree(value)));
    try {
      return Json.mapper().treeToValue(json, Hyperparameters.class);
    } catch (JsonMappingException e) {
      if (e.getCause() instanceof InputException refused) {
        throw refused;
      }
      throw new IllegalArgumentException(e); // such as a name that there is not
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
