package io.github.affect4j.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorTest {
  @TempDir Path proc;

  @Test
  void countsCoresOnceAndKeepsTheFeaturesThatMatter() throws Exception {
    String cpu = "processor : %d\nmodel name\t: Some CPU @ 2 GHz\nphysical id\t: 0\ncore id\t\t: %d\n"
        + "flags\t\t: fpu sse2 avx2 fma\n\n";
    Files.writeString(proc.resolve("cpuinfo"), cpu.formatted(0, 0) + cpu.formatted(1, 0) + cpu.formatted(2, 1));

    Processor processor = Processor.read(proc);

    assertEquals("Some CPU @ 2 GHz", processor.model());
    assertEquals(2, processor.physicalCores());
    assertEquals(List.of("avx2", "fma"), processor.features());
    assertFalse(processor.has("avx512_bf16"));
  }

  @Test
  void isUnknownWithoutCpuinfo() {
    Processor processor = Processor.read(proc);

    assertEquals("", processor.model());
    assertEquals(0, processor.physicalCores());
    assertEquals(List.of(), processor.features());
  }
}
