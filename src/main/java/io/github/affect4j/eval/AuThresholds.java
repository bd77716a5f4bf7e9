package io.github.affect4j.eval;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.InputFile;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.ActionUnit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A threshold on the logit of each action unit: a unit is predicted where its logit is above.
 *
 * @param logits 12 finite thresholds in the order of {@link ActionUnit}
 */
public record AuThresholds(List<Float> logits) {

  private static final String KIND = "the JSON that --tune-thresholds writes";
  private static final int LARGEST_FILE = 1 << 20;

  /** The official decision: logit above 0, that is p above 0.5. */
  public static final AuThresholds ZERO = new AuThresholds(Collections.nCopies(ActionUnit.COUNT, 0f));

  /**
   * @throws IllegalArgumentException if there are not 12 finite thresholds
   */
  public AuThresholds {
    logits = List.copyOf(logits);
    if (logits.size() != ActionUnit.COUNT || !logits.stream().allMatch(Float::isFinite)) {
      throw new IllegalArgumentException("expected 12 finite thresholds, got " + logits);
    }
  }

  /** True if the unit is predicted at this logit. */
  public boolean isAbove(int unit, float logit) {
    return logit > logits.get(unit);
  }

  /** What {@link #read} reads, or {@link #ZERO} without a file. */
  public static AuThresholds readOrZero(Path file) {
    return file == null ? ZERO : read(file);
  }

  /**
   * Reads a JSON object with one number an action unit, such as {@code {"AU1": -0.3, …}}.
   *
   * @throws InputException if the file is not that
   */
  public static AuThresholds read(Path file) {
    JsonNode json;
    try {
      json = Json.mapper().readTree(InputFile.read(file, KIND, LARGEST_FILE));
    } catch (IOException e) {
      throw new InputException(file + ": expected " + KIND + ", but it is no JSON", e);
    }
    List<Float> logits = new ArrayList<>();
    for (ActionUnit unit : ActionUnit.values()) {
      JsonNode threshold = json.path(unit.name());
      if (!threshold.isNumber() || !Float.isFinite(threshold.floatValue())) {
        throw InputException.in(file, "expected a finite number '" + unit + "', as --tune-thresholds writes it");
      }
      logits.add(threshold.floatValue());
    }
    return new AuThresholds(logits);
  }

  /** Writes the same object; the file appears whole or not at all. */
  public void write(Path file) {
    AtomicFile.writeText(file, Json.pretty(byUnit()) + "\n");
  }

  /** The thresholds by the name of their unit. */
  @JsonValue
  public Map<String, Float> byUnit() {
    Map<String, Float> thresholds = new LinkedHashMap<>();
    for (ActionUnit unit : ActionUnit.values()) {
      thresholds.put(unit.name(), logits.get(unit.ordinal()));
    }
    return thresholds;
  }
}
