package io.github.affect4j.benchmarks;

import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.engine.TrainerOptions;
import io.github.affect4j.task.ModelSpec;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** What a crossing into native code costs: a call that only reads a number, with all its guards. */
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BoundaryCall extends Averaged {
  private static final float[] CLASS_WEIGHTS = {1, 1, 1, 1, 1, 1, 1, 1};
  private static final long STEPS = 1234567;

  private Model model;
  private Trainer trainer;

  @Setup
  public void setUp() {
    model = new Model(ModelSpec.MTL, Precision.FP32, Device.CPU, 1);
    trainer = new Trainer(model, TrainerOptions.paper(CLASS_WEIGHTS));
    trainer.steps(STEPS);
    Require.that(crossing() == STEPS, "the number that was stored");
  }

  @Benchmark
  public long crossing() {
    return trainer.steps();
  }

  @TearDown
  public void tearDown() {
    trainer.close();
    model.close();
  }
}
