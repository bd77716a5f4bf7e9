package io.github.affect4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.PackOptions;
import io.github.affect4j.data.Packing;
import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputBenchTest {
  @TempDir Path folder;
  private Path data;

  @BeforeEach
  void draw() {
    data = folder.resolve("data");
    SyntheticFaces.generate(data, new SyntheticOptions(50, 50, 0, 32, 1), DecodeProgress.NONE);
  }

  @Test
  void reportsConsistentFigures() throws IOException {
    InputReport report = InputBench.run(options(data, 4), Progress.NONE);

    assertTrue(report.decodedImagesPerSecond() > 0 && report.decodingShareOfEpoch() > 0);
    assertEquals(report.shardGbs() / report.copyGbs(), report.shardShareOfCopy(), 1e-9);
    assertEquals(report.secondsOnData().median() / report.secondsOnResidentBatch().median(), report.slowdown());
    assertTrue(report.secondsOnData().q1() > 0 && report.secondsOnResidentBatch().q1() > 0, "all steps were timed");
    assertTrue(report.toText().contains("img/s from JPEG to shard"));
  }

  @Test
  void aPackedDataSetIsNotDecoded() throws IOException {
    Path packed = folder.resolve("packed");
    Packing.run(new PackOptions(data, packed, false), DecodeProgress.NONE);

    InputReport report = InputBench.run(options(packed, 4), Progress.NONE);

    assertNull(report.decodedImagesPerSecond());
    assertTrue(report.toText().contains("the data set is packed"));
  }

  @Test
  void tooFewRowsAreRefused() {
    InputException e = assertThrows(InputException.class, () -> InputBench.run(options(data, 40), Progress.NONE));

    assertTrue(e.getMessage().contains("expected at least two batches of 40"), e.getMessage());
  }

  private static InputOptions options(Path data, int batch) {
    return new InputOptions(data, ModelSpec.MTL, Precision.FP32, Device.CPU, batch, 1, 7);
  }
}
