package io.github.affect4j.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class GpuTest {
  @Test
  void readsTheReportOfTheDriver() {
    String report = "NVIDIA H100 80GB HBM3, 81559, 550.90.07\nNVIDIA GB10, [N/A], 580.1\n";

    assertEquals(
        List.of(new Gpu("NVIDIA H100 80GB HBM3", 81559L << 20, "550.90.07"), new Gpu("NVIDIA GB10", 0, "580.1")),
        Gpu.parse(report));
  }

  @Test
  void ignoresWhatIsNoReport() {
    assertEquals(List.of(), Gpu.parse("No devices were found\n"));
  }
}
