package io.github.affect4j.benchmarks.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.util.Pair;
import java.util.Iterator;
import java.util.Map;

/** torchvision's ResNet-50 with the three heads, of DJL's blocks; parameters in torchvision's order. */
final class Network {
  private static final int[] BLOCKS = {3, 4, 6, 3};
  private static final int[] HEADS = {2, 8, 12};

  private Network() {}

  static Block create() {
    SequentialBlock network = new SequentialBlock()
        .add(convolution(64, 7, 2)).add(BatchNorm.builder().build()).add(Activation.reluBlock())
        .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1)));
    for (int stage = 0; stage < BLOCKS.length; stage++) {
      for (int block = 0; block < BLOCKS[stage]; block++) {
        int stride = stage > 0 && block == 0 ? 2 : 1;
        network.add(bottleneck(64 << stage, stride, block == 0)).add(Activation.reluBlock());
      }
    }
    ParallelBlock heads = new ParallelBlock(
        outputs -> new NDList(NDArrays.concat(
            new NDList(outputs.stream().map(NDList::singletonOrThrow).toList()), 1)));
    for (int outputs : HEADS) {
      heads.add(Linear.builder().setUnits(outputs).build());
    }
    return network.add(Pool.globalAvgPool2dBlock()).add(Blocks.batchFlattenBlock()).add(heads);
  }

  private static Block bottleneck(int width, int stride, boolean downsample) {
    SequentialBlock main = new SequentialBlock()
        .add(convolution(width, 1, 1)).add(BatchNorm.builder().build()).add(Activation.reluBlock())
        .add(convolution(width, 3, stride)).add(BatchNorm.builder().build()).add(Activation.reluBlock())
        .add(convolution(4 * width, 1, 1)).add(BatchNorm.builder().build());
    Block shortcut = downsample
        ? new SequentialBlock().add(convolution(4 * width, 1, stride)).add(BatchNorm.builder().build())
        : Blocks.identityBlock();
    ParallelBlock sum = new ParallelBlock(branches -> new NDList(
        branches.get(0).singletonOrThrow().add(branches.get(1).singletonOrThrow())));
    return sum.add(main).add(shortcut);
  }

  private static Block convolution(int outputs, int kernel, int stride) {
    int padding = kernel / 2;
    return Conv2d.builder().setFilters(outputs).setKernelShape(new Shape(kernel, kernel))
        .optStride(new Shape(stride, stride)).optPadding(new Shape(padding, padding)).optBias(false).build();
  }

  /** Replaces all parameters of an initialised network, in order. */
  static void load(Block network, Map<String, TensorFile.Tensor> weights, NDManager manager) {
    Iterator<Map.Entry<String, TensorFile.Tensor>> next = weights.entrySet().iterator();
    for (Pair<String, Parameter> parameter : network.getParameters()) {
      Map.Entry<String, TensorFile.Tensor> tensor = next.next();
      Shape shape = new Shape(tensor.getValue().shape());
      if (!parameter.getValue().getShape().equals(shape)) {
        throw new IllegalStateException(
            tensor.getKey() + " is " + shape + ", " + parameter.getKey() + " " + parameter.getValue().getShape());
      }
      try (var array = manager.create(tensor.getValue().values(), shape)) {
        array.copyTo(parameter.getValue().getArray());
      }
    }
    if (next.hasNext()) {
      throw new IllegalStateException("the network has no parameter for " + next.next().getKey());
    }
  }
}
