package io.github.affect4j.benchmarks;

import static io.github.affect4j.benchmarks.Eager.scalar;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Task;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** The three losses and the gradient of the logits by autograd: {@code benchmarks/peers/network.py} in Java. */
final class EagerLoss {
  private static final long NO_REDUCTION = 0;
  private static final long SUM = 2;
  private static final long MISSING = -1;

  private final Tensor logits;
  private final Tensor va;
  private final Tensor expressions;
  private final Tensor actionUnits;
  private final Tensor classWeights;

  EagerLoss(float[] logits, float[] va, byte[] expressions, byte[] actionUnits, float[] classWeights) {
    long rows = expressions.length;
    this.logits = torch.tensor(logits).view(rows, Task.ALL_OUTPUTS);
    this.va = torch.tensor(va).view(rows, 2);
    this.expressions = torch.tensor(expressions).to(torch.ScalarType.Long);
    this.actionUnits = torch.tensor(actionUnits).to(torch.ScalarType.Float).view(rows, ActionUnit.COUNT);
    this.classWeights = torch.tensor(classWeights);
  }

  /** The total; the gradient of the logits goes to {@code gradient} unless that is null. */
  @SuppressWarnings("try") // the scope frees what is made within it
  double compute(float[] gradient) {
    try (PointerScope scope = new PointerScope()) {
      Tensor leaf = logits.detach().requires_grad_(true);
      Tensor total = valenceArousal(leaf).add(expression(leaf)).add(actionUnits(leaf));
      total.backward();
      if (gradient != null) {
        new FloatPointer(leaf.grad().contiguous().data_ptr()).get(gradient);
      }
      return total.item_float();
    }
  }

  private Tensor valenceArousal(Tensor leaf) {
    Tensor predicted = leaf.narrow(1, 0, 2).tanh();
    Tensor valid = va.select(1, 0).ge(scalar(-1)).to(torch.ScalarType.Float);
    Tensor valence = concordance(predicted.select(1, 0), va.select(1, 0), valid);
    Tensor arousal = concordance(predicted.select(1, 1), va.select(1, 1), valid);
    return valence.add(arousal).neg().add(scalar(2));
  }

  private static Tensor concordance(Tensor predicted, Tensor target, Tensor valid) {
    Tensor n = valid.sum();
    Tensor meanPredicted = predicted.mul(valid).sum().div(n);
    Tensor meanTarget = target.mul(valid).sum().div(n);
    Tensor p = predicted.sub(meanPredicted).mul(valid);
    Tensor t = target.sub(meanTarget).mul(valid);
    Tensor scatter = p.mul(p).sum().add(t.mul(t).sum()).add(n.mul(meanPredicted.sub(meanTarget).square()));
    return p.mul(t).sum().mul(scalar(2)).div(scatter);
  }

  private Tensor expression(Tensor leaf) {
    TensorOptional weights = new TensorOptional(classWeights);
    Tensor sum = torch.cross_entropy_loss(leaf.narrow(1, 2, 8), expressions, weights, SUM, MISSING, 0);
    return sum.div(expressions.ge(scalar(0)).sum());
  }

  private Tensor actionUnits(Tensor leaf) {
    Tensor labelled = actionUnits.ge(scalar(0)).to(torch.ScalarType.Float);
    Tensor positive = torch.clamp_min(actionUnits, scalar(0));
    TensorOptional none = new TensorOptional();
    Tensor units = leaf.narrow(1, 10, ActionUnit.COUNT);
    Tensor entropy = torch.binary_cross_entropy_with_logits(units, positive, none, none, NO_REDUCTION);
    Tensor modulation = entropy.neg().exp().neg().add(scalar(1)); // (1 - p) ^ gamma, gamma = 1
    return modulation.mul(entropy).mul(labelled).sum().div(labelled.sum());
  }
}
