package io.github.affect4j.benchmarks;

import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.nio.FloatBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Inference of the multi-task model on a batch of whole images. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 8, time = 2)
@Fork(1)
public class Inference {
  @Param({"1", "64"})
  int batch;

  @Param({"FP32", "BF16"})
  Precision dtype;

  private Model model;
  private Batch rows;

  @Setup
  public void setUp() {
    model = new Model(ModelSpec.MTL, dtype, Device.CPU, 1);
    rows = NoiseBatch.wholeImages(batch);
    model.predict(rows);
    requireLogitsOfOneRowAlone();
  }

  /** A row's logits must not depend on its company. */
  private void requireLogitsOfOneRowAlone() {
    FloatBuffer together = rows.logits().duplicate();
    try (Batch alone = NoiseBatch.wholeImages(1)) {
      alone.images().put(0, rows.images(), 0, alone.images().capacity());
      model.predict(alone);
      double tolerance = dtype == Precision.FP32 ? 1e-3 : 5e-2;
      for (int i = 0; i < Task.ALL_OUTPUTS; i++) {
        Require.that(Math.abs(alone.logits().get(i) - together.get(i)) <= tolerance * (1 + Math.abs(together.get(i))),
            "logit " + i + " of a row alone is " + alone.logits().get(i) + ", in a batch " + together.get(i));
      }
    }
  }

  @Benchmark
  public float predict() {
    model.predict(rows);
    return rows.logits().get(0);
  }

  @TearDown
  public void tearDown() {
    model.close();
    rows.close();
  }
}
