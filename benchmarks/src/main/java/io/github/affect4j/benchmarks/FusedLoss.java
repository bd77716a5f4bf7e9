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
 * The three losses, their counters and the gradient of the logits in one call, or the losses and their
 * gradient by libtorch's operations and autograd. PyTorch's forms, from Python, are arms of {@code
 * benchmarks/compare --mode loss}.
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

  @Param({"true", "false"})
  boolean fused;

  private EagerLoss eager;
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
    eager = new EagerLoss(logits, va, expressions, actionUnits, CLASS_WEIGHTS);
    requireTheGradientOfTheLoss();
    requireThatBothFormsAgree();
  }

  /** Against a central difference, for one logit of each task. */
  private void requireTheGradientOfTheLoss() {
    float step = 0.01f;
    for (Task task : Task.values()) {
      int logit = task.firstColumn();
      float at = logits[logit];
      fused();
      double slope = gradient[logit];
      logits[logit] = at + step;
      double above = fused();
      logits[logit] = at - step;
      double below = fused();
      logits[logit] = at;
      double difference = (above - below) / ((double) (at + step) - (at - step));
      Require.that(Math.abs(difference - slope) <= 0.01 * Math.abs(slope) + 1e-9,
          "slope of logit " + logit + ": " + slope + ", by differences " + difference);
    }
  }

  private void requireThatBothFormsAgree() {
    float[] expected = new float[gradient.length];
    Require.close(eager.compute(expected), fused(), 1e-5, "the loss by libtorch");
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - gradient[i]));
    }
    Require.that(difference <= 1e-5 * largest, "gradients differ by " + difference + " of " + largest);
  }

  @Benchmark
  public double loss() {
    return fused ? fused() : eager.compute(null);
  }

  private double fused() {
    Native.loss(ALL_TASKS, batch, logits, va, expressions, actionUnits, CLASS_WEIGHTS, 1, false, values, gradient);
    return values[0];
  }
}
