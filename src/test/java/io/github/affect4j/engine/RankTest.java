package io.github.affect4j.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.io.InputException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RankTest {
  private final Map<String, String> environment =
      new HashMap<>(Map.of("RANK", "1", "WORLD_SIZE", "4", "MASTER_ADDR", "node0", "MASTER_PORT", "29500"));

  @Test
  void readsWhatTorchrunSets() {
    environment.putAll(
        Map.of("LOCAL_WORLD_SIZE", "2", "TORCHELASTIC_USE_AGENT_STORE", "True", "TORCHELASTIC_RESTART_COUNT", "3"));
    assertEquals(Optional.of(new Rank(1, 4, 2, "node0", 29500, true, "3")), Rank.of(environment));
  }

  @Test
  void readsWhatKubeflowSets() {
    assertEquals(Optional.of(new Rank(1, 4, 1, "node0", 29500, false, "0")), Rank.of(environment));
  }

  @Test
  void aloneWithoutVariablesAndInAWorldOfOne() {
    assertTrue(Rank.of(Map.of("MASTER_ADDR", "node0")).isEmpty());
    assertTrue(Rank.of(Map.of("RANK", "0", "WORLD_SIZE", "1")).isEmpty());
  }

  @Test
  void namesTheVariableThatIsMissingOrOutOfRange() {
    refused("MASTER_PORT", null, "MASTER_PORT is not set");
    refused("RANK", "4", "RANK must be a whole number in 0..3, not '4'");
    refused("WORLD_SIZE", "two", "WORLD_SIZE must be a whole number");
    refused("LOCAL_WORLD_SIZE", "5", "LOCAL_WORLD_SIZE must be a whole number in 1..4");
  }

  @Test
  void findsItsPlaceOnTheMachine() {
    assertEquals(0, Rank.localIndex(environment));
    environment.put("LOCAL_RANK", "3");
    assertEquals(3, Rank.localIndex(environment));
    environment.put("LOCAL_RANK", "-1");
    InputException e = assertThrows(InputException.class, () -> Rank.localIndex(environment));
    assertTrue(e.getMessage().contains("LOCAL_RANK must be a whole number"), e.getMessage());
  }

  private void refused(String name, String value, String message) {
    Map<String, String> changed = new HashMap<>(environment);
    changed.put(name, value);
    if (value == null) {
      changed.remove(name);
    }
    InputException e = assertThrows(InputException.class, () -> Rank.of(changed));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void ranksOfAMachineShareItsProcessors() {
    Rank rank = new Rank(0, 8, 3, "node0", 1, false, "0");
    assertEquals(5, rank.threads(16));
    assertEquals(1, rank.threads(2));
  }
}
