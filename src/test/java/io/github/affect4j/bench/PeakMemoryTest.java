package io.github.affect4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeakMemoryTest {
  @TempDir Path folder;

  @Test
  void readsTheHighWaterMarkInBytes() throws IOException {
    Path status =
        Files.writeString(folder.resolve("status"), "VmPeak:\t    9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 7 kB\n");

    assertEquals(1234 * 1024, PeakMemory.bytes(status));
  }

  @Test
  void isZeroWhereTheSystemDoesNotSay() {
    assertEquals(0, PeakMemory.bytes(folder.resolve("absent")));
  }

  @Test
  void aLivingJvmNeedsMoreThanTenMegabytes() {
    assertTrue(PeakMemory.bytes() > 10_000_000);
  }
}
