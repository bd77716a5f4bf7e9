package io.github.affect4j.benchmarks;

import io.github.affect4j.engine.internal.Native;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.Task;
import java.util.SplittableRandom;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * The three losses, their counters and the gradient of the logits: in one pass, or as one call a task
 * over the same logits. The eager and compiled forms are arms of {@code benchmarks/compare --mode loss}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class FusedLoss {
  private static final int ALL_TASKS = 7;
  private static final float[] CLASS_WEIGHTS = {1, 2, 3, 4, 5, 6, 7, 8};

  @Param({"64", "4096"})
  int batch;

  private float[] logits;
  private float[] va;
  private byte[] expressions;
  private byte[] actionUnits;
  private float[] gradient;
  private final double[] values = new double[9];

  @Setup
  public void setUp() {
    SplittableRandom random = new SplittableRandom(1);
    logits = new float[batch * Task.ALL_OUTPUTS];
    va = new float[batch * 2];
    expressions = new byte[batch];
    actionUnits = new byte[batch * ActionUnit.COUNT];
    gradient = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextDouble(-2, 2);
    }
    for (int i = 0; i < va.length; i++) {
      va[i] = (float) random.nextDouble(-1, 1);
    }
    for (int i = 0; i < batch; i++) {
      expressions[i] = (byte) (random.nextInt(Expression.COUNT + 1) - 1);
    }
    for (int i = 0; i < actionUnits.length; i++) {
      actionUnits[i] = (byte) (random.nextInt(3) - 1);
    }
    requireTheGradientOfTheLoss();
  }

  /** Against a central difference, for one logit of each task. */
  private void requireTheGradientOfTheLoss() {
    float step = 0.01f;
    for (Task task : Task.values()) {
      int logit = task.firstColumn();
      float at = logits[logit];
      allTasks();
      double slope = gradient[logit];
      logits[logit] = at + step;
      double above = allTasks();
      logits[logit] = at - step;
      double below = allTasks();
      logits[logit] = at;
      double difference = (above - below) / ((double) (at + step) - (at - step));
      Require.that(Math.abs(difference - slope) <= 0.01 * Math.abs(slope) + 1e-9,
          "slope of logit " + logit + ": " + slope + ", by differences " + difference);
    }
  }

  /** All tasks in one call. */
  @Benchmark
  public double allTasks() {
    return loss(ALL_TASKS);
  }

  /** A call a task. */
  @Benchmark
  public double taskByTask() {
    return loss(Task.VA.bit()) + loss(Task.EXPR.bit()) + loss(Task.AU.bit());
  }

  private double loss(int tasks) {
    Native.loss(tasks, batch, logits, va, expressions, actionUnits, CLASS_WEIGHTS, 1, false, values, gradient);
    return values[0];
  }
}
