package io.github.affect4j.benchmarks;

import static io.github.affect4j.benchmarks.Eager.scalar;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** torch.optim.Adam without {@code foreach} or {@code fused}, on the memory of four buffers. */
final class EagerAdam {
  private final Tensor gradient;
  private final Tensor m;
  private final Tensor v;
  private final Tensor weights;

  EagerAdam(FloatBuffer gradient, FloatBuffer m, FloatBuffer v, FloatBuffer weights) {
    this.gradient = Eager.over(gradient, gradient.capacity());
    this.m = Eager.over(m, m.capacity());
    this.v = Eager.over(v, v.capacity());
    this.weights = Eager.over(weights, weights.capacity());
  }

  @SuppressWarnings("try") // the scope frees what is made within it
  void update(long step, double learningRate, double beta1, double beta2, double epsilon) {
    try (PointerScope scope = new PointerScope()) {
      m.lerp_(gradient, scalar(1 - beta1));
      v.mul_(scalar(beta2)).addcmul_(gradient, gradient, scalar(1 - beta2));
      double deviation = Math.sqrt(1 - Math.pow(beta2, step));
      Tensor denominator = v.sqrt().div_(scalar(deviation)).add_(scalar(epsilon));
      weights.addcdiv_(m, denominator, scalar(-learningRate / (1 - Math.pow(beta1, step))));
    }
  }
}
