package io.github.affect4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SpreadTest {
  @Test
  void quartilesOfUnsortedValues() {
    assertEquals(new Spread(2, 3, 4), Spread.of(new double[] {5, 1, 3, 2, 4}));
  }

  @Test
  void betweenTwoValuesItInterpolates() {
    assertEquals(new Spread(1.5, 2, 2.5), Spread.of(new double[] {3, 1}));
  }

  @Test
  void ofOneValueIsThatValue() {
    assertEquals(new Spread(7, 7, 7), Spread.of(new double[] {7}));
  }
}
