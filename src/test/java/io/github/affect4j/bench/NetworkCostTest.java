package io.github.affect4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NetworkCostTest {
  @Test
  void agreesWithThePublishedCountOfTorchvisionsResnet50() {
    long multiplyAdds = new NetworkCost(224, 224, 1000).forward() / 2;

    assertEquals(4_089_184_256L, multiplyAdds);
  }

  @Test
  void trainingIsThreeForwardPassesWithoutTheGradientOfTheImages() {
    NetworkCost cost = new NetworkCost(112, 112, 22);
    long stem = 2L * 56 * 56 * 64 * 3 * 49;

    assertEquals(3 * cost.forward() - stem, cost.training());
  }

  @Test
  void oddSizesRoundUpAsPaddedConvolutionsDo() {
    assertEquals(new NetworkCost(64, 64, 2).forward(), new NetworkCost(63, 63, 2).forward());
  }
}
