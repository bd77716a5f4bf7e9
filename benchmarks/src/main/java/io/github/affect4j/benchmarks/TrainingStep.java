package io.github.affect4j.benchmarks;

import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Engine;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.StepReport;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.engine.TrainerOptions;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.ModelSpec;
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

/**
 * A whole training step of the multi-task model: crops, forward, losses, backward, Adam; fused, or with
 * gradients by libtorch's autograd over unfused operations.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime) // a step takes seconds: each is a sample
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 10)
@Fork(1) // the native code is compiled ahead: forks would only repeat the warm-up
public class TrainingStep {
  private static final float[] CLASS_WEIGHTS = {1, 1, 1, 1, 1, 1, 1, 1};
  private static final float LEARNING_RATE = 5e-5f;

  @Param({"64"})
  int batch;

  @Param({"FP32", "BF16"})
  Precision dtype;

  @Param({"FUSED", "AUTOGRAD"})
  Engine engine;

  private Model model;
  private Trainer trainer;
  private Batch rows;

  @Setup
  public void setUp() {
    rows = NoiseBatch.randomCrops(batch);
    double other = firstLossOf(engine == Engine.FUSED ? Engine.AUTOGRAD : Engine.FUSED);
    start(engine);
    trainer.step(rows, LEARNING_RATE);
    StepReport report = trainer.read();
    double tolerance = dtype == Precision.FP32 ? 1e-3 : 5e-2;
    Require.close(other, report.total(), tolerance, "the other engine's loss");
    Require.close(report.va() + report.expr() + report.au(), report.total(), 1e-9, "the total of the losses");
    Require.that(report.validVa() == batch && report.validExpr() == batch, "the labelled rows");
    Require.that(report.validAu() == (long) batch * ActionUnit.COUNT, "the labelled action units");
    Require.that(report.va() > 0 && report.va() < 4, "1 - CCC twice is in 0..4");
    Require.that(trainer.steps() == 1, "the step count");
  }

  private void start(Engine engine) {
    model = new Model(ModelSpec.MTL, dtype, Device.CPU, 1);
    trainer = new Trainer(model, TrainerOptions.paper(CLASS_WEIGHTS));
    trainer.engine(engine);
  }

  private double firstLossOf(Engine engine) {
    start(engine);
    trainer.step(rows, LEARNING_RATE);
    double loss = trainer.read().total();
    trainer.close();
    model.close();
    return loss;
  }

  @Benchmark
  public void step() {
    trainer.step(rows, LEARNING_RATE);
  }

  @TearDown
  public void tearDown() {
    Require.that(Double.isFinite(trainer.read().total()), "the last loss");
    trainer.close();
    model.close();
    rows.close();
  }
}
