package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ScheduleTest {
  @Test
  void constantStaysAtThePaperRate() {
    assertEquals(5e-5, Schedule.CONSTANT.rate(5e-5, 0, 0, 100));
    assertEquals(5e-5, Schedule.CONSTANT.rate(5e-5, 0, 99_999, 100));
  }

  @Test
  void warmUpRisesLinearlyToThePeak() {
    assertEquals(0.25, Schedule.CONSTANT.rate(1, 4, 0, 100));
    assertEquals(1, Schedule.CONSTANT.rate(1, 4, 3, 100));
    assertEquals(1, Schedule.COSINE.rate(1, 4, 4, 100));
  }

  @Test
  void cosineFallsToZero() {
    assertEquals(1, Schedule.COSINE.rate(1, 0, 0, 100));
    assertEquals(0.5, Schedule.COSINE.rate(1, 0, 50, 100), 1e-12);
    assertEquals(0, Schedule.COSINE.rate(1, 0, 100, 100), 1e-12);
    assertEquals(1, Schedule.COSINE.rate(1, 100, 100, 100));
  }
}
