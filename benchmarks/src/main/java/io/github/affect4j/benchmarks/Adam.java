package io.github.affect4j.benchmarks;

import io.github.affect4j.engine.internal.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * One update of all parameters of a ResNet-50. It reads four buffers and writes three: 28 bytes a
 * parameter, to be compared with the memory bandwidth that {@code affect4j bench} measures. Unfused, each
 * of libtorch's operations reads and writes them again.
 */
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 2)
public class Adam extends Averaged {
  private static final int PARAMETERS = 23_553_110; // of the multi-task model
  private static final float LEARNING_RATE = 1e-3f;
  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;
  private static final float EPSILON = 1e-8f;

  @Param({"true", "false"})
  boolean fused;

  private final FloatBuffer gradient = buffer();
  private final FloatBuffer m = buffer();
  private final FloatBuffer v = buffer();
  private final FloatBuffer weights = buffer();
  private final EagerAdam eager = new EagerAdam(gradient, m, v, weights);
  private long step;

  private static FloatBuffer buffer() {
    return ByteBuffer.allocateDirect(PARAMETERS * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  @Setup
  public void setUp() {
    for (int i = 0; i < PARAMETERS; i++) {
      gradient.put(i, i % 2 == 0 ? 1 : -2);
    }
    update();
    // Adam's first update is the learning rate against the gradient's sign, whatever its size.
    Require.close(-LEARNING_RATE, weights.get(0), 1e-4, "the first weight");
    Require.close(LEARNING_RATE, weights.get(PARAMETERS - 1), 1e-4, "the last weight");
  }

  @Benchmark
  public float update() {
    step++;
    if (fused) {
      Native.adam(step, LEARNING_RATE, BETA1, BETA2, EPSILON, 0, gradient, m, v, weights);
    } else {
      eager.update(step, LEARNING_RATE, BETA1, BETA2, EPSILON);
    }
    return weights.get(0);
  }
}
