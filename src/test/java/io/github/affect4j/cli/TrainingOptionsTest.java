package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.cli.ParseException;
import org.junit.jupiter.api.Test;

class TrainingOptionsTest {
  /** As bin/affect4j. Java's own user.home is "?" for a user without an entry in passwd. */
  @Test
  void theCacheIsInTheCacheFolderOrTheHomeOfTheEnvironment() throws ParseException {
    Map<String, String> both = Map.of("XDG_CACHE_HOME", "/c", "HOME", "/h");
    assertEquals(Path.of("/c/affect4j/images"), TrainingOptions.cache(both));
    assertEquals(
        Path.of("/h/.cache/affect4j/images"), TrainingOptions.cache(Map.of("XDG_CACHE_HOME", "", "HOME", "/h")));
    assertEquals(Path.of(System.getProperty("user.home"), ".cache/affect4j/images"), TrainingOptions.cache(Map.of()));
  }
}
