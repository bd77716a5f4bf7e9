package io.github.affect4j.fusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.eval.SmallData;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemporalSmoothingTest {
  private static final Path FILE = Path.of("predictions.csv");

  /** Three videos in any order of rows, with gaps, and with frames that occur up to three times. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-300, 0.2, 1, 2.7, 12, 1000})
  void equalsTheDefinition(double sigma) {
    RawPredictions predictions = random(scattered(new Random(1)), 2);
    for (MeanSpace space : MeanSpace.values()) {
      RawPredictions smoothed = smooth(predictions, space, Sigmas.same(sigma));
      assertEquals(predictions.images(), smoothed.images());
      for (int row = 0; row < predictions.size(); row++) {
        assertArrayEquals(byDefinition(predictions, space, row, sigma), values(smoothed, space, row), 1e-6);
      }
    }
  }

  private static double[] byDefinition(RawPredictions predictions, MeanSpace space, int row, double sigma) {
    List<String> images = predictions.images();
    Map<Integer, List<Integer>> rowsOfFrames = IntStream.range(0, images.size()).boxed()
        .filter(other -> LabelSet.video(images.get(other)).equals(LabelSet.video(images.get(row))))
        .collect(Collectors.groupingBy(other -> LabelSet.frame(images.get(other))));
    double[] mean = new double[Task.ALL_OUTPUTS];
    double weights = 0;
    for (Map.Entry<Integer, List<Integer>> frame : rowsOfFrames.entrySet()) {
      int distance = Math.abs(frame.getKey() - LabelSet.frame(images.get(row)));
      double weight = distance <= 4 * sigma ? Math.exp(-0.5 * Math.pow(distance / sigma, 2)) : 0;
      weights += weight;
      for (int column = 0; column < Task.ALL_OUTPUTS; column++) {
        int here = column;
        mean[column] += weight * frame.getValue().stream().mapToDouble(i -> values(predictions, space, i)[here])
            .average().orElseThrow();
      }
    }
    double sum = weights;
    return Arrays.stream(mean).map(value -> value / sum).toArray();
  }

  /** A row's logits, or tanh, softmax and sigmoid of them. */
  private static double[] values(RawPredictions predictions, MeanSpace space, int row) {
    double[] values = new double[Task.ALL_OUTPUTS];
    double powers = IntStream.range(2, 10).mapToDouble(column -> Math.exp(predictions.logit(row, column))).sum();
    for (int column = 0; column < values.length; column++) {
      double logit = predictions.logit(row, column);
      double probability =
          column < 2 ? Math.tanh(logit) : column < 10 ? Math.exp(logit) / powers : 1 / (1 + Math.exp(-logit));
      values[column] = space == MeanSpace.LOGITS ? logit : probability;
    }
    return values;
  }

  @Test
  void noSigmaAndZeroKeepEveryBit() {
    RawPredictions predictions = random(scattered(new Random(3)), 4);
    predictions.logits()[5] = -0f;
    assertSameBits(predictions, smooth(predictions, Sigmas.same(0)));
    assertSameBits(predictions, smooth(predictions, Sigmas.NONE));
  }

  @Test
  void eachTaskHasItsOwnSigma() {
    RawPredictions predictions = random(images("v", 20), 5);
    RawPredictions smoothed = smooth(predictions, new Sigmas(3.0, 0.0, null));
    RawPredictions all = smooth(predictions, Sigmas.same(3));
    for (int i = 0; i < smoothed.logits().length; i++) {
      RawPredictions expected = i % Task.ALL_OUTPUTS < Task.EXPR.firstColumn() ? all : predictions;
      assertEquals(expected.logits()[i], smoothed.logits()[i]);
    }
  }

  @Test
  void absentTasksStayAbsent() {
    LabelSet labels = SmallData.labels(2, 10, false);
    RawPredictions predictions = SmallModels.model(labels, Set.of(Task.EXPR), 1);
    assertEquals(Set.of(Task.EXPR), smooth(predictions, Sigmas.same(2)).tasks());
  }

  @Test
  void constantsStayConstant() {
    List<String> images = scattered(new Random(6));
    float[] logits = new float[images.size() * Task.ALL_OUTPUTS];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = 0.1f + i % Task.ALL_OUTPUTS;
    }
    RawPredictions constant = new RawPredictions(images, logits);
    assertSameBits(constant, smooth(constant, Sigmas.same(5)));
  }

  @Test
  void anImpulseSpreadsSymmetricallyUpToFourSigma() {
    List<String> images = images("v", 41);
    float[] logits = new float[images.size() * Task.ALL_OUTPUTS];
    logits[20 * Task.ALL_OUTPUTS] = 1;
    RawPredictions smoothed = smooth(new RawPredictions(images, logits), Sigmas.same(2));
    for (int distance = 0; distance <= 8; distance++) {
      assertEquals(smoothed.logit(20 - distance, 0), smoothed.logit(20 + distance, 0));
      assertEquals(
          Math.exp(-distance * distance / 8.0), smoothed.logit(20 + distance, 0) / smoothed.logit(20, 0), 1e-6);
    }
    assertEquals(0, smoothed.logit(20 - 9, 0));
    assertEquals(0, smoothed.logit(20 + 9, 0));
    assertEquals(1, IntStream.range(0, 41).mapToDouble(row -> smoothed.logit(row, 0)).sum(), 1e-6);
  }

  /** Left and right faces of one video are two videos. */
  @Test
  void otherVideosHaveNoInfluence() {
    List<String> left = images("v_left", 15);
    List<String> both = new ArrayList<>();
    left.forEach(image -> both.addAll(List.of(image.replace("left", "right"), image)));
    RawPredictions two = smooth(random(both, 8), Sigmas.same(3));
    float[] alone = new float[left.size() * Task.ALL_OUTPUTS];
    for (int row = 0; row < left.size(); row++) {
      System.arraycopy(random(both, 8).logits(), (2 * row + 1) * Task.ALL_OUTPUTS, alone, row * Task.ALL_OUTPUTS,
          Task.ALL_OUTPUTS);
    }
    RawPredictions one = smooth(new RawPredictions(left, alone), Sigmas.same(3));
    for (int row = 0; row < left.size(); row++) {
      assertEquals(one.logit(row, 7), two.logit(2 * row + 1, 7));
    }
  }

  /** The mean of 9 ones is 1 + 2^-52, of which there is no inverse hyperbolic tangent. */
  @ParameterizedTest
  @EnumSource(MeanSpace.class)
  void saturatedRowsOfARepeatedFrameStayFinite(MeanSpace space) {
    List<String> images = Collections.nCopies(9, "v/00001.jpg");
    for (float saturated : new float[] {100, -100, Float.MAX_VALUE, -Float.MAX_VALUE}) {
      float[] logits = new float[images.size() * Task.ALL_OUTPUTS];
      Arrays.fill(logits, saturated);
      RawPredictions smoothed =
          new TemporalSmoothing(new RawPredictions(images, logits), space, Path.of("f")).smooth(Sigmas.same(2));
      assertEquals(Math.signum(saturated), smoothed.decode().valence()[8]);
    }
  }

  @Test
  void aRepeatedFrameCountsOnce() {
    List<String> images = images("v", 9);
    RawPredictions once = random(images, 9);
    List<String> repeated = new ArrayList<>(images);
    repeated.add("v/4.jpg"); // another way to write 00004
    float[] logits = Arrays.copyOf(once.logits(), repeated.size() * Task.ALL_OUTPUTS);
    System.arraycopy(once.logits(), 3 * Task.ALL_OUTPUTS, logits, 9 * Task.ALL_OUTPUTS, Task.ALL_OUTPUTS);
    RawPredictions smoothed = smooth(new RawPredictions(repeated, logits), Sigmas.same(2));
    assertArrayEquals(
        smooth(once, Sigmas.same(2)).logits(), Arrays.copyOf(smoothed.logits(), once.logits().length));
    assertEquals(smoothed.logit(3, 1), smoothed.logit(9, 1));
  }

  @Test
  void aSlowSignalComesOutOfItsNoise() {
    LabelSet labels = slow(5, 200);
    RawPredictions noisy = SmallModels.model(labels, Set.of(Task.values()), 1);
    Scoring scoring = new Scoring(labels, AuThresholds.ZERO, Protocol.EACH);
    TemporalSmoothing smoothing = new TemporalSmoothing(noisy, MeanSpace.LOGITS, FILE);
    SmoothingComparison comparison =
        SmoothingComparison.of(noisy, smoothing.smooth(new Sigmas(4.0, 4.0, 4.0)), scoring);
    assertTrue(comparison.smoothed().p() > comparison.unsmoothed().p() + 0.5, comparison::toString);
    for (Task task : Task.values()) {
      assertTrue(comparison.smoothed().part(task) > comparison.unsmoothed().part(task), comparison::toString);
    }
    SmoothingSweep sweep = SmoothingSweep.of(smoothing, scoring);
    assertEquals(comparison.unsmoothed(), sweep.steps().get(0).scores());
    assertEquals(comparison.smoothed(), sweep.steps().get(3).scores());
    for (SmoothingSweep.Step step : sweep.steps()) {
      for (Task task : Task.values()) {
        assertTrue(sweep.atBest().part(task) >= step.scores().part(task), () -> step + " beats the best");
      }
    }
  }

  /** Labels that keep for 25 frames, and valence and arousal that turn within about 60. */
  private static LabelSet slow(int videos, int frames) {
    LabelSet labels = SmallData.labels(videos, frames, false);
    Random random = new Random(11);
    for (int row = 0; row < labels.size(); row++) {
      boolean same = row % 25 != 0;
      labels.valence()[row] = Math.sin(row / 10.0);
      labels.arousal()[row] = Math.cos(row / 9.0);
      labels.expression()[row] = same ? labels.expression()[row - 1] : (byte) random.nextInt(8);
      for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
        int i = row * ActionUnit.COUNT + unit;
        labels.actionUnits()[i] = same ? labels.actionUnits()[i - ActionUnit.COUNT] : (byte) random.nextInt(2);
      }
    }
    return labels;
  }

  @Test
  void imagesWithoutAFrameNumberAreToldWithTheirLine() {
    RawPredictions predictions = random(List.of("v/00001.jpg", "v/face.jpg"), 1);
    InputException refused = assertThrows(InputException.class, () -> smooth(predictions, Sigmas.same(1)));
    assertEquals("predictions.csv:3: expected an image path <video>/<frame number>.jpg, since smoothing goes by the"
        + " distance of frames, got 'v/face.jpg'", refused.getMessage());
  }

  @Test
  void sigmasOutOfRangeAreRefused() {
    for (double sigma : new double[] {-1, Double.NaN, 1001, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> Sigmas.same(sigma));
    }
  }

  private static RawPredictions smooth(RawPredictions predictions, Sigmas sigmas) {
    return smooth(predictions, MeanSpace.LOGITS, sigmas);
  }

  private static RawPredictions smooth(RawPredictions predictions, MeanSpace space, Sigmas sigmas) {
    return new TemporalSmoothing(predictions, space, FILE).smooth(sigmas);
  }

  private static void assertSameBits(RawPredictions expected, RawPredictions actual) {
    for (int i = 0; i < expected.logits().length; i++) {
      assertEquals(Float.floatToRawIntBits(expected.logits()[i]), Float.floatToRawIntBits(actual.logits()[i]));
    }
  }

  private static List<String> scattered(Random random) {
    List<String> images = new ArrayList<>();
    for (String video : List.of("video1", "video2_left", "video2_right")) {
      Set<Integer> frames = new TreeSet<>();
      random.ints(60, 1, 150).forEach(frames::add);
      frames.add(999_999_999);
      for (int frame : frames) {
        images.addAll(Collections.nCopies(1 + random.nextInt(3), "%s/%05d.jpg".formatted(video, frame)));
      }
    }
    Collections.shuffle(images, random);
    return images;
  }

  private static List<String> images(String video, int frames) {
    return IntStream.rangeClosed(1, frames).mapToObj(frame -> "%s/%05d.jpg".formatted(video, frame)).toList();
  }

  private static RawPredictions random(List<String> images, long seed) {
    Random random = new Random(seed);
    float[] logits = new float[images.size() * Task.ALL_OUTPUTS];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian();
    }
    return new RawPredictions(images, logits);
  }
}
