package io.github.affect4j.data.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.BadImage;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.ImageList;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.LabelSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticFacesTest {
  private static final SyntheticOptions SMALL = new SyntheticOptions(120, 60, 30, 48, 7);

  @TempDir Path dir;

  private DatasetFolder generate(String name, SyntheticOptions options) {
    return SyntheticFaces.generate(dir.resolve(name), options, DecodeProgress.NONE);
  }

  private static Map<String, Integer> contents(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      Map<String, Integer> contents = new TreeMap<>();
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(root.relativize(file).toString(), java.util.Arrays.hashCode(Files.readAllBytes(file)));
      }
      return contents;
    }
  }

  @Test
  void sameOptionsSameBytesAndAnotherSeedOthers() throws IOException {
    generate("a", SMALL);
    generate("b", SMALL);
    generate("c", new SyntheticOptions(120, 60, 30, 48, 8));
    assertEquals(contents(dir.resolve("a")), contents(dir.resolve("b")));
    assertNotEquals(contents(dir.resolve("a")), contents(dir.resolve("c")));
  }

  @Test
  void hasTheOfficialLayoutWithItsFaults() {
    DatasetFolder folder = generate("a", SMALL);
    LabelSet training = folder.training();
    LabelSet validation = folder.validation();
    List<String> test = ImageList.read(folder.testList().orElseThrow());
    assertEquals(122, training.size());
    assertEquals(120, new HashSet<>(training.images()).size());
    assertEquals(62, validation.size());
    assertEquals(30, test.size());
    assertTrue(training.images().get(0).matches("video\\d{3}/\\d{5}\\.jpg"), training.images().get(0));
    try (ImageSource images = folder.images(training.images(), dir.resolve("cache"), DecodeProgress.NONE)) {
      assertEquals(48, images.height());
      Map<BadImage.Kind, Long> kinds =
          images.problems().stream().collect(Collectors.groupingBy(BadImage::kind, Collectors.counting()));
      assertEquals(
          Map.of(BadImage.Kind.MISSING, 1L, BadImage.Kind.CORRUPT, 2L, BadImage.Kind.WRONG_SIZE, 1L), kinds);
    }
    try (ImageSource images = folder.images(test, dir.resolve("cache"), DecodeProgress.NONE)) {
      assertEquals(1, images.problems().size());
    }
  }

  @Test
  void setsSharePeopleWithNoOther() {
    DatasetFolder folder = generate("a", SMALL);
    Set<String> training = videos(folder.training().images());
    Set<String> validation = videos(folder.validation().images());
    Set<String> test = videos(ImageList.read(folder.testList().orElseThrow()));
    assertTrue(training.size() > 1 && validation.size() > 1);
    assertTrue(training.stream().noneMatch(validation::contains));
    assertTrue(test.stream().noneMatch(video -> training.contains(video) || validation.contains(video)));
  }

  private static Set<String> videos(List<String> images) {
    return images.stream().map(image -> image.substring(0, image.indexOf('/'))).collect(Collectors.toSet());
  }

  @Test
  void labelsAreMissingAsOftenAsInTheRealSet() {
    LabelSet labels = new SyntheticSet(3, 0, 20_000).labels(MissingLabels.TRAINING, 0);
    int[] rows = IntStream.range(0, labels.size()).toArray();
    double va = IntStream.of(rows).filter(labels::hasVa).count() / 20_000.0;
    double expression = IntStream.of(rows).filter(labels::hasExpression).count() / 20_000.0;
    double units = IntStream.of(rows).filter(labels::hasAnyActionUnit).count() / 20_000.0;
    assertEquals(0.73, va, 0.05);
    assertEquals(0.637, expression, 0.02);
    assertEquals(0.726, units, 0.02);
    assertTrue(IntStream.of(rows).allMatch(
        row -> labels.hasVa(row) || labels.hasExpression(row) || labels.hasAnyActionUnit(row)));
    assertTrue(IntStream.of(rows).anyMatch(row -> labels.valence()[row] != -5 && labels.arousal()[row] == -5));
    assertTrue(IntStream.of(rows).anyMatch(row ->
        labels.hasAnyActionUnit(row) && IntStream.range(0, 12).anyMatch(unit -> labels.actionUnit(row, unit) == -1)));
  }

  @Test
  void expressionsAreImbalancedAndFollowTheActionUnits() {
    LabelSet labels = new SyntheticSet(3, 0, 20_000).labels(new MissingLabels(1, 1, 1, 0), 0);
    int[] counts = new int[Expression.COUNT];
    int[] smiling = new int[Expression.COUNT];
    for (int row = 0; row < labels.size(); row++) {
      counts[labels.expression()[row]]++;
      smiling[labels.expression()[row]] += labels.actionUnit(row, ActionUnit.AU12.ordinal());
    }
    assertEquals(23976 / 90645.0, counts[0] / 20_000.0, 0.04);
    assertEquals(3122 / 90645.0, counts[3] / 20_000.0, 0.02);
    assertTrue(smiling[Expression.HAPPINESS.ordinal()] > 0.7 * counts[Expression.HAPPINESS.ordinal()]);
    assertTrue(smiling[Expression.SADNESS.ordinal()] < 0.2 * counts[Expression.SADNESS.ordinal()]);
    double happy = meanValence(labels, Expression.HAPPINESS);
    double sad = meanValence(labels, Expression.SADNESS);
    assertTrue(happy > 0.3 && sad < -0.1, happy + " " + sad);
  }

  private static double meanValence(LabelSet labels, Expression expression) {
    return IntStream.range(0, labels.size())
        .filter(row -> labels.expression()[row] == expression.ordinal())
        .mapToDouble(row -> labels.valence()[row])
        .average()
        .orElseThrow();
  }

  /** Each action unit must be seen, or no network could learn it. */
  @ParameterizedTest
  @EnumSource(ActionUnit.class)
  void everyActionUnitMovesTheFace(ActionUnit unit) {
    Identity identity = Identity.of(new Draw(1, Streams.IDENTITY, 0));
    Pose still = new Pose(0, 0, 0, 0, 1, 0);
    double[] intensities = new double[ActionUnit.COUNT];
    int[] calm = pixels(identity, still, intensities.clone());
    intensities[unit.ordinal()] = 1;
    int[] moved = pixels(identity, still, intensities);
    long changed = IntStream.range(0, calm.length).filter(i -> greenDifference(calm[i], moved[i]) > 20).count();
    assertTrue(changed > 50, unit + " changes only " + changed + " of 12544 pixels");
  }

  private static int greenDifference(int a, int b) {
    return Math.abs((a >> 8 & 255) - (b >> 8 & 255));
  }

  private static int[] pixels(Identity identity, Pose pose, double[] intensities) {
    Affect affect = new Affect(intensities, Expression.NEUTRAL);
    return FacePainter.paint(identity, pose, affect, new Draw(1, Streams.SENSOR, 0), 112)
        .getRGB(0, 0, 112, 112, null, 0, 112);
  }

  @Test
  void leavesACompleteDataSetAlone() throws IOException {
    generate("a", SMALL);
    Path file = dir.resolve("a").resolve(DatasetFolder.TRAINING_FILE);
    FileTime old = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(file, old);
    generate("a", SMALL);
    assertEquals(old, Files.getLastModifiedTime(file));
  }

  @Test
  void completesAnInterruptedGeneration() throws IOException {
    generate("a", SMALL);
    Path root = dir.resolve("a");
    Map<String, Integer> whole = contents(root);
    Path marker = root.resolve(SyntheticFaces.MARKER);
    Files.writeString(marker, Files.readString(marker).replace("\"complete\" : true", "\"complete\" : false"));
    Files.delete(root.resolve(DatasetFolder.TRAINING_FILE));
    generate("a", SMALL);
    assertEquals(whole, contents(root));
  }

  @Test
  void refusesAFolderThatHoldsAnythingElse() throws IOException {
    Path mine = Files.createDirectory(dir.resolve("mine"));
    Path precious = Files.writeString(mine.resolve("thesis.tex"), "x");
    InputException e = assertThrows(InputException.class, () -> generate("mine", SMALL));
    assertTrue(e.getMessage().contains("it holds files"), e.getMessage());
    assertArrayEquals(new Object[] {precious}, Files.list(mine).toArray());
    generate("a", SMALL);
    InputException other = assertThrows(
        InputException.class, () -> generate("a", new SyntheticOptions(130, 60, 30, 48, 7)));
    assertTrue(other.getMessage().contains("other options"), other.getMessage());
  }

  @Test
  void aSetWithoutTestImagesHasNoTestList() {
    assertFalse(generate("a", new SyntheticOptions(50, 50, 0, 32, 1)).testList().isPresent());
  }

  @Test
  void refusesSenselessSizes() {
    assertThrows(IllegalArgumentException.class, () -> new SyntheticOptions(49, 50, 0, 112, 1));
    assertThrows(IllegalArgumentException.class, () -> new SyntheticOptions(50, 50, -1, 112, 1));
    assertThrows(IllegalArgumentException.class, () -> new SyntheticOptions(50, 50, 0, 16, 1));
  }
}
