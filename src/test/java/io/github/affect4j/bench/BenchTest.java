package io.github.affect4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.engine.OperationTime;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchTest {
  private static final BenchOptions TRAIN =
      new BenchOptions(BenchMode.TRAIN, ModelSpec.MTL, Precision.FP32, Device.CPU, 2, 32, 0, 1, 3, false);

  @Test
  void trainingReportsConsistentFigures() throws Exception {
    List<Integer> heard = new ArrayList<>();

    BenchReport report = Bench.run(TRAIN, (done, total) -> heard.add(done * 10 + total));

    assertEquals(List.of(14, 24, 34, 44), heard);
    assertEquals(2 / report.secondsPerStep().median(), report.imagesPerSecond());
    assertEquals(report.gflops() / report.peakGemmGflops(), report.mfu());
    assertTrue(report.secondsPerStep().q1() > 0 && report.secondsPerStep().q1() <= report.secondsPerStep().q3());
    assertTrue(report.check() > 0, "three losses of a random model");
    assertTrue(report.peakMemoryBytes() > 0 && report.peakBandwidthGbs() > 0);
    JsonNode json = Json.mapper().readTree(Json.pretty(report));
    assertEquals("mtl", json.path("model").asText());
    assertTrue(json.path("images_per_second").asDouble() > 0);
    assertTrue(json.path("runtime").path("threads").asInt() >= 1);
    assertTrue(report.toText().contains("img/s"));
  }

  @Test
  void layersCoverTheStep() {
    BenchOptions options =
        new BenchOptions(BenchMode.TRAIN, ModelSpec.MTL, Precision.FP32, Device.CPU, 2, 32, 0, 1, 2, true);

    BenchReport report = Bench.run(options, (done, total) -> {});

    long convolutions = report.layers().stream().filter(o -> o.operation().equals("forward") && o.flops() > 0).count();
    assertEquals(53, convolutions, "ResNet-50's convolutions");
    double gflop = report.layers().stream().mapToDouble(OperationTime::flops).sum() / 2e9;
    assertEquals(report.gflopPerImage(), gflop, report.gflopPerImage() * 0.01, "all but the heads");
    assertTrue(report.layers().stream().allMatch(o -> o.seconds() > 0 && o.bytes() > 0));
    assertTrue(report.toText().contains("layer4.2.conv3"));
    assertTrue(report.toText().contains("% of roof"));
    assertTrue(report.layers().stream().anyMatch(o -> o.layer().equals("adam") && o.flops() == 0));
    assertThrows(IllegalArgumentException.class,
        () -> new BenchOptions(BenchMode.PREDICT, ModelSpec.MTL, Precision.FP32, Device.CPU, 2, 32, 0, 1, 2, true));
    assertThrows(IllegalArgumentException.class,
        () -> new BenchOptions(BenchMode.TRAIN, ModelSpec.MTL, Precision.FP32, new Device(0), 2, 32, 0, 1, 2, true));
  }

  @Test
  void aSingleTaskModelPredictsOneImage() {
    BenchOptions options =
        new BenchOptions(BenchMode.PREDICT, ModelSpec.named("au"), Precision.FP32, Device.CPU, 1, 32, 0, 1, 1, false);

    BenchReport report = Bench.run(options, (done, total) -> {});

    assertTrue(Double.isFinite(report.check()) && report.check() > 0);
    assertEquals("predict", report.mode());
  }

  @Test
  void impossibleOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> options(1, 112, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> options(64, 31, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> options(64, 112, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> options(64, 112, 1, 0));
  }

  private static BenchOptions options(int batch, int size, int warmup, int steps) {
    return new BenchOptions(
        BenchMode.TRAIN, ModelSpec.MTL, Precision.FP32, Device.CPU, batch, size, 0, warmup, steps, false);
  }
}
