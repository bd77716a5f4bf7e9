package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.io.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingStateTest {
  @Test
  void patienceCountsEpochsSinceTheBest() {
    TrainingState state = state(2, 0.1, 0.5, 0.4);
    assertEquals(2, state.best().epoch());
    assertFalse(state.stoppedEarly());
    assertTrue(state(2, 0.1, 0.5, 0.4, 0.5).stoppedEarly());
    assertFalse(state(2, 0.1, 0.5, 0.4, 0.6).stoppedEarly());
    assertFalse(state(0, 0.5, 0.4, 0.3, 0.2, 0.1).stoppedEarly());
  }

  @Test
  void runEndsAfterItsEpochs() {
    assertFalse(state(0, 0.1, 0.2).finished());
    assertNull(state(0).best());
    assertTrue(state(0, new double[30]).finished());
  }

  @Test
  void stateComesBackFromJsonExactly() throws JsonProcessingException {
    LossMeter meter = LossMeter.of(new double[] {3, 0.1 + 0.2, 1 / 3.0, 3, Math.PI, 3, 1e-300, 3, 4, 5, 6, 7});
    TrainingState state = state(3, 0.1, 1 / 3.0).afterBatches(5, 17, meter);
    String json = Json.mapper().writeValueAsString(state);
    TrainingState read = Json.mapper().readValue(json, TrainingState.class);
    assertEquals(json, Json.mapper().writeValueAsString(read));
    assertEquals(state.hyperparameters(), read.hyperparameters());
    assertEquals(state.history(), read.history());
    assertEquals(meter.total(), LossMeter.of(read.meter()).total());
  }

  @Test
  void aFileFromBeforeThereWereProtocolAndRowsHasTheDefaults() throws JsonProcessingException {
    ObjectNode json = Json.mapper().valueToTree(state(0).hyperparameters());
    json.remove(List.of("protocol", "rows"));
    Hyperparameters read = Json.mapper().treeToValue(json, Hyperparameters.class);
    assertEquals(Protocol.EACH, read.protocol());
    assertEquals(TrainingRows.ANY, read.rows());
  }

  private static TrainingState state(int patience, double... scores) {
    Hyperparameters options = Changed.of(
        Hyperparameters.paper(),
        Map.of("patience", patience, "protocol", Protocol.ALL, "rows", TrainingRows.COMPLETE));
    TrainingState state = TrainingState.initial("mtl", options, "0");
    for (double score : scores) {
      state = state.afterEpoch(new EpochRecord(
          state.epoch() + 1, 1, 1e-4, 1.0, null, null, null, null, null, score, null, null, null, null, true, 1, 1));
    }
    return state;
  }
}
