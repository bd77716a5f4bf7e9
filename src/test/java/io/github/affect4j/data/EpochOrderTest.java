package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpochOrderTest {
  private final int[] rows = IntStream.range(100, 600).toArray();

  @Test
  void isAPermutationThatDependsOnSeedAndEpochAlone() {
    int[] order = EpochOrder.shuffle(1, 2, rows);
    assertArrayEquals(order, EpochOrder.shuffle(1, 2, rows));
    assertFalse(Arrays.equals(order, EpochOrder.shuffle(1, 3, rows)));
    assertFalse(Arrays.equals(order, EpochOrder.shuffle(2, 2, rows)));
    assertFalse(Arrays.equals(order, rows));
    Arrays.sort(order);
    assertArrayEquals(rows, order);
  }

  @Test
  void leavesItsArgumentAlone() {
    int[] copy = rows.clone();
    EpochOrder.shuffle(1, 2, rows);
    assertArrayEquals(copy, rows);
  }

  @Test
  void putsEachRowAtEachPlaceEquallyOften() {
    int[] four = {0, 1, 2, 3};
    int[][] counts = new int[4][4];
    int epochs = 40_000;
    for (int epoch = 0; epoch < epochs; epoch++) {
      int[] order = EpochOrder.shuffle(9, epoch, four);
      for (int place = 0; place < 4; place++) {
        counts[place][order[place]]++;
      }
    }
    for (int[] place : counts) {
      for (int count : place) {
        assertEquals(epochs / 4.0, count, 600); // 7 standard deviations
      }
    }
  }

  @Test
  void handlesNoneAndOneRow() {
    assertEquals(0, EpochOrder.shuffle(1, 1, new int[0]).length);
    assertArrayEquals(new int[] {5}, EpochOrder.shuffle(1, 1, new int[] {5}));
  }
}
