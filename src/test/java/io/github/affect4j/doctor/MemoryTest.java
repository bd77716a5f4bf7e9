package io.github.affect4j.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryTest {
  @TempDir Path folder;

  @Test
  void aContainerLimitsWhatIsAvailable() throws Exception {
    Path meminfo = Files.writeString(folder.resolve("meminfo"), "MemTotal:  8192 kB\nMemAvailable:    4096 kB\n");

    assertEquals(new Memory(8192 << 10, 2048 << 10, 2048 << 10), Memory.read(meminfo, 2048 << 10, 1));
    assertTrue(Memory.read(meminfo, 2048 << 10, 1).limited());
    assertEquals(4096 << 10, Memory.read(meminfo, 8192 << 10, 1).available());
    assertFalse(Memory.read(meminfo, 8192 << 10, 1).limited());
  }

  @Test
  void fallsBackToTheJvmWithoutMeminfo() {
    assertEquals(new Memory(0, 1000, 10), Memory.read(folder.resolve("meminfo"), 1000, 10));
  }
}
