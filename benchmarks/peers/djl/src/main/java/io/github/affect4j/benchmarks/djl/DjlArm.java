package io.github.affect4j.benchmarks.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.tracker.Tracker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.Map;

/**
 * Deep Java Library as an arm of {@code benchmarks/compare --mode train}: {@code DjlArm WORK THREADS}.
 * The same network, weights, batch, losses and Adam as the other arms.
 */
public final class DjlArm {
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};
  private static final double NANO = 1e-9;

  private final Trainer trainer;
  private final NDArray images;
  private final NDArray va;
  private final NDArray vaValid;
  private final NDArray expressionWeights;
  private final NDArray expressionRows;
  private final NDArray unitSigns;
  private final NDArray unitsValid;

  private DjlArm(Trainer trainer, NDManager manager, Map<String, TensorFile.Tensor> batch) {
    this.trainer = trainer;
    images = array(manager, batch, "images").div(255).sub(manager.create(MEAN)).div(manager.create(DEVIATION))
        .transpose(0, 3, 1, 2).duplicate();
    va = array(manager, batch, "va");
    vaValid = va.get(":, 0").gte(-1).toType(DataType.FLOAT32, false);
    NDArray expressions = array(manager, batch, "expressions");
    NDArray labelled = expressions.gte(0).toType(DataType.FLOAT32, false);
    expressionRows = labelled.sum();
    // One-hot rows times the weight of their class; rows without a label are zero.
    expressionWeights = expressions.clip(0, 7).toType(DataType.INT64, false).oneHot(8)
        .mul(array(manager, batch, "class_weights")).mul(labelled.expandDims(1));
    NDArray units = array(manager, batch, "action_units");
    unitsValid = units.gte(0).toType(DataType.FLOAT32, false);
    unitSigns = units.clip(0, 1).mul(2).sub(1);
  }

  private static NDArray array(NDManager manager, Map<String, TensorFile.Tensor> tensors, String name) {
    TensorFile.Tensor tensor = tensors.get(name);
    return manager.create(tensor.values(), new Shape(tensor.shape()));
  }

  public static void main(String[] args) throws IOException {
    System.setProperty("ai.djl.pytorch.num_threads", args[1]);
    Map<String, TensorFile.Tensor> batch = TensorFile.read(Path.of(args[0], "batch.safetensors"));
    long[] shape = batch.get("images").shape();
    Adam adam = Adam.builder().optLearningRateTracker(Tracker.fixed(5e-5f)).optWeightDecays(1e-4f).build();
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.l2Loss()).optOptimizer(adam).optDevices(new Device[] {Device.cpu()});
    Block network = Network.create();
    try (NDManager manager = Engine.getInstance().newBaseManager(Device.cpu());
        Model model = Model.newInstance("resnet50", Device.cpu())) {
      model.setBlock(network);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(shape[0], 3, shape[1], shape[2]));
        Network.load(network, TensorFile.read(Path.of(args[0], "weights.safetensors")), manager);
        new DjlArm(trainer, manager, batch).serve();
      }
    }
  }

  private void serve() throws IOException {
    System.out.println("READY");
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      int steps = Integer.parseInt(line.substring("run ".length()));
      double value = 0;
      long start = System.nanoTime();
      for (int i = 0; i < steps; i++) {
        value = step();
      }
      System.out.println("DONE " + (System.nanoTime() - start) * NANO + " " + value);
    }
  }

  /** Arrays of a step belong to a scope that ends with it. */
  private float step() {
    float value;
    try (NDManager scope = images.getManager().newSubManager();
        GradientCollector gradients = trainer.newGradientCollector()) {
      NDArray input = images.duplicate();
      input.attach(scope);
      NDArray loss = loss(trainer.forward(new NDList(input)).singletonOrThrow());
      gradients.backward(loss);
      value = loss.getFloat();
    }
    trainer.step();
    return value;
  }

  /** L1 + L2 + L3 of the paper, with masks. */
  private NDArray loss(NDArray logits) {
    NDArray predicted = logits.get(":, 0:2").tanh();
    NDArray vaLoss = cccLoss(predicted.get(":, 0"), va.get(":, 0")).add(cccLoss(predicted.get(":, 1"), va.get(":, 1")));
    NDArray expressionLoss =
        logits.get(":, 2:10").logSoftmax(1).mul(expressionWeights).sum().div(expressionRows).neg();
    NDArray crossEntropy = logits.get(":, 10:22").mul(unitSigns).neg().exp().add(1).log();
    NDArray focal = crossEntropy.mul(crossEntropy.neg().exp().neg().add(1));
    return vaLoss.add(expressionLoss).add(focal.mul(unitsValid).sum().div(unitsValid.sum()));
  }

  private NDArray cccLoss(NDArray predicted, NDArray target) {
    NDArray rows = vaValid.sum();
    NDArray meanP = predicted.mul(vaValid).sum().div(rows);
    NDArray meanT = target.mul(vaValid).sum().div(rows);
    NDArray p = predicted.sub(meanP).mul(vaValid);
    NDArray t = target.sub(meanT).mul(vaValid);
    NDArray distance = meanP.sub(meanT);
    NDArray denominator = p.mul(p).sum().add(t.mul(t).sum()).add(distance.mul(distance).mul(rows));
    return p.mul(t).sum().mul(2).div(denominator).neg().add(1);
  }
}
