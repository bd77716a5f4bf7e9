package io.github.affect4j.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ConcordanceTest {
  @Test
  void perfectAgreementIsOneAndItsNegationMinusOne() {
    double[] labels = {-0.5, 0.1, 0.4};
    assertEquals(1, Concordance.of(labels, labels), 1e-15);
    assertEquals(-1, Concordance.of(new double[] {1, -1}, new double[] {-1, 1}), 1e-15);
  }

  @Test
  void aShiftCostsWhatTheFormulaSays() {
    // means 0.5 and 1.5, variances 0.25, covariance 0.25: 0.5 / (0.5 + 1)
    assertEquals(1 / 3.0, Concordance.of(new double[] {0, 1}, new double[] {1, 2}), 1e-15);
  }

  @Test
  void undefinedCasesAreZero() {
    assertEquals(0, Concordance.of(new double[0], new double[0]));
    assertEquals(0, Concordance.of(new double[] {0.3}, new double[] {0.3}));
    assertEquals(0, Concordance.of(new double[] {0.1, 0.1, 0.1}, new double[] {0.1, 0.1, 0.1}));
    assertEquals(0, Concordance.of(new double[] {0.1, 0.1}, new double[] {0.2, 0.2}));
    assertEquals(0, Concordance.of(new double[] {0.1, 0.1}, new double[] {-1, 1}));
  }

  @Test
  void partsAddUpToTheWhole() {
    Random random = new Random(1);
    Concordance whole = new Concordance();
    Concordance sum = new Concordance();
    for (int part = 0; part < 20; part++) {
      Concordance accumulator = new Concordance();
      for (int row = 0; row < part * 3; row++) {
        double label = random.nextGaussian() + part;
        double prediction = label + random.nextGaussian();
        whole.add(prediction, label);
        accumulator.add(prediction, label);
      }
      sum.add(accumulator);
    }
    assertEquals(whole.count(), sum.count());
    assertEquals(whole.ccc(), sum.ccc(), 1e-14);
  }

  @Test
  void aLargeOffsetDoesNotCancel() {
    Random random = new Random(2);
    double[] labels = random.doubles(10_000, -1, 1).toArray();
    double[] predictions = new double[labels.length];
    double[] shiftedLabels = new double[labels.length];
    double[] shiftedPredictions = new double[labels.length];
    double offset = 1 << 20;
    for (int row = 0; row < labels.length; row++) {
      // both rounded to what survives the offset, so that only the moments can lose digits
      labels[row] = labels[row] + offset - offset;
      predictions[row] = 0.7 * labels[row] + offset - offset;
      shiftedLabels[row] = labels[row] + offset;
      shiftedPredictions[row] = predictions[row] + offset;
    }
    double plain = Concordance.of(predictions, labels);
    assertEquals(plain, Concordance.of(shiftedPredictions, shiftedLabels), 1e-9);
  }

  @Test
  void columnsOfDifferentLengthAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Concordance.of(new double[1], new double[2]));
  }
}
