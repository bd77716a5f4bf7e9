package io.github.affect4j.benchmarks;

import io.github.affect4j.engine.internal.Native;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * The three losses, their counters and the gradient of the logits in one call, or the losses and their
 * gradient by libtorch's operations and autograd. PyTorch's forms, from Python, are arms of {@code
 * benchmarks/compare --mode loss}.
 */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class FusedLoss extends Averaged {
  private static final int ALL_TASKS = 7;
  private static final float[] CLASS_WEIGHTS = {1, 2, 3, 4, 5, 6, 7, 8};

  @Param({"64", "4096"})
  int batch;

  @Param({"true", "false"})
  boolean fused;

  private EagerLoss eager;
  private FloatBuffer logits;
  private FloatBuffer va;
  private ByteBuffer expressions;
  private ByteBuffer actionUnits;
  private FloatBuffer gradient;
  private final double[] values = new double[9];

  @Setup
  public void setUp() {
    SplittableRandom random = new SplittableRandom(1);
    float[] z = new float[batch * Task.ALL_OUTPUTS];
    float[] labels = new float[batch * 2];
    byte[] classes = new byte[batch];
    byte[] units = new byte[batch * ActionUnit.COUNT];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) random.nextDouble(-2, 2);
    }
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (float) random.nextDouble(-1, 1);
    }
    for (int i = 0; i < batch; i++) {
      classes[i] = (byte) (random.nextInt(Expression.COUNT + 1) - 1);
    }
    for (int i = 0; i < units.length; i++) {
      units[i] = (byte) (random.nextInt(3) - 1);
    }
    logits = direct(z);
    va = direct(labels);
    expressions = direct(classes);
    actionUnits = direct(units);
    gradient = direct(new float[z.length]);
    eager = new EagerLoss(z, labels, classes, units, CLASS_WEIGHTS);
    requireTheGradientOfTheLoss();
    requireThatBothFormsAgree();
  }

  private static FloatBuffer direct(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
    return bytes.asFloatBuffer().put(0, values);
  }

  private static ByteBuffer direct(byte[] values) {
    return ByteBuffer.allocateDirect(values.length).put(0, values);
  }

  /** Against a central difference, for one logit of each task. */
  private void requireTheGradientOfTheLoss() {
    float step = 0.01f;
    for (Task task : Task.values()) {
      int logit = task.firstColumn();
      float at = logits.get(logit);
      fused();
      double slope = gradient.get(logit);
      logits.put(logit, at + step);
      double above = fused();
      logits.put(logit, at - step);
      double below = fused();
      logits.put(logit, at);
      double difference = (above - below) / ((double) (at + step) - (at - step));
      Require.that(Math.abs(difference - slope) <= 0.01 * Math.abs(slope) + 1e-9,
          "slope of logit " + logit + ": " + slope + ", by differences " + difference);
    }
  }

  private void requireThatBothFormsAgree() {
    float[] expected = new float[gradient.capacity()];
    Require.close(eager.compute(expected), fused(), 1e-5, "the loss by libtorch");
    Require.allClose(expected, gradient, 1e-5, "the gradients of both forms");
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
