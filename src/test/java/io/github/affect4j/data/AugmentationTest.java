package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  // Means of 200,000 crops drawn by torchvision 0.25 at 112 x 112 with its defaults.
  private static final double TORCHVISION_TOP = 18.35;
  private static final double TORCHVISION_SIDE = 75.25;
  private static final double TORCHVISION_AREA = 0.4818;

  private static float[] crop(long seed, int epoch, int row, int height, int width, CropRange range) {
    float[] crop = new float[5];
    Augmentation.randomResizedCrop(seed, epoch, row, height, width, range, FloatBuffer.wrap(crop));
    return crop;
  }

  @Test
  void sameKeySameCropAndAnyOtherKeyAnother() {
    float[] crop = crop(1, 2, 3, 112, 112, CropRange.DEFAULT);
    assertArrayEquals(crop, crop(1, 2, 3, 112, 112, CropRange.DEFAULT));
    assertFalse(Arrays.equals(crop, crop(2, 2, 3, 112, 112, CropRange.DEFAULT)));
    assertFalse(Arrays.equals(crop, crop(1, 3, 3, 112, 112, CropRange.DEFAULT)));
    assertFalse(Arrays.equals(crop, crop(1, 2, 4, 112, 112, CropRange.DEFAULT)));
  }

  @Test
  void staysInsideTheImageAndItsRange() {
    for (int row = 0; row < 20_000; row++) {
      float[] crop = crop(7, 0, row, 112, 112, CropRange.DEFAULT);
      assertTrue(crop[0] >= 0 && crop[1] >= 0 && crop[2] >= 1 && crop[3] >= 1, Arrays.toString(crop));
      assertTrue(crop[0] + crop[2] <= 112 && crop[1] + crop[3] <= 112, Arrays.toString(crop));
      assertTrue(crop[4] == 0 || crop[4] == 1);
      double scale = crop[2] * crop[3] / (112.0 * 112);
      assertTrue(scale > 0.076 && scale <= 1, "area " + scale); // sides are whole pixels
      double ratio = crop[3] / crop[2];
      assertTrue(ratio > 0.72 && ratio < 1.38, "ratio " + ratio);
    }
  }

  /** The bounds are about 6 standard errors. */
  @Test
  void hasTorchvisionsDistribution() {
    int rows = 100_000;
    double[] sums = new double[5];
    double area = 0;
    for (int row = 0; row < rows; row++) {
      float[] crop = crop(11, 5, row, 112, 112, CropRange.DEFAULT);
      IntStream.range(0, 5).forEach(i -> sums[i] += crop[i]);
      area += crop[2] * crop[3] / (112.0 * 112);
    }
    assertEquals(TORCHVISION_TOP, sums[0] / rows, 0.4);
    assertEquals(TORCHVISION_TOP, sums[1] / rows, 0.4);
    assertEquals(TORCHVISION_SIDE, sums[2] / rows, 0.4);
    assertEquals(TORCHVISION_SIDE, sums[3] / rows, 0.4);
    assertEquals(0.5, sums[4] / rows, 0.01);
    assertEquals(TORCHVISION_AREA, area / rows, 0.005);
  }

  @Test
  void fallsBackToTheLargestCentredCropOfAnAllowedRatio() {
    CropRange whole = new CropRange(1, 1, 3.0 / 4, 4.0 / 3); // no crop of the whole area has the ratio
    float[] wide = crop(1, 0, 0, 100, 400, whole);
    assertArrayEquals(new float[] {0, 133, 100, 133}, Arrays.copyOf(wide, 4));
    float[] tall = crop(1, 0, 0, 400, 100, whole);
    assertArrayEquals(new float[] {133, 0, 133, 100}, Arrays.copyOf(tall, 4));
  }

  @Test
  void theWholeImageIsNeverFlipped() {
    float[] crop = new float[5];
    Augmentation.wholeImage(112, 96, FloatBuffer.wrap(crop));
    assertArrayEquals(new float[] {0, 0, 112, 96, 0}, crop);
  }

  @Test
  void refusesAnEmptyRange() {
    assertThrows(IllegalArgumentException.class, () -> new CropRange(0, 1, 0.75, 1.3));
    assertThrows(IllegalArgumentException.class, () -> new CropRange(0.5, 0.4, 0.75, 1.3));
    assertThrows(IllegalArgumentException.class, () -> new CropRange(0.5, 1.1, 0.75, 1.3));
    assertThrows(IllegalArgumentException.class, () -> new CropRange(0.5, 1, Double.NaN, 1.3));
  }
}
