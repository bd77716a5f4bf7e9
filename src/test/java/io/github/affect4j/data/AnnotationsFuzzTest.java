package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Files of labels: the annotations of a set, the files of its videos, and lists of images. */
class AnnotationsFuzzTest {
  private static final int IMAGES = 3;

  @TempDir(factory = InMemory.class) Path dir;
  private Path videos;

  @BeforeEach
  void makeFolders() throws IOException {
    videos = Files.createDirectories(dir.resolve("videos"));
    Path images = Files.createDirectories(dir.resolve("images/v"));
    for (int frame = 0; frame < IMAGES; frame++) {
      Files.createFile(images.resolveSibling(VideoFiles.image("v", frame)));
    }
  }

  @FuzzTest
  void annotations(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("annotations.txt"), input, file -> {
      LabelSet labels = Annotations.read(file);
      requireValid(labels);
      Path copy = dir.resolve("copy.txt");
      Annotations.write(copy, labels);
      requireSame(labels, Fuzz.readBack(() -> Annotations.read(copy)));
    });
  }

  @FuzzTest
  void imageList(byte[] input) throws Exception {
    Fuzz.file(dir.resolve("list.txt"), input, file -> {
      List<String> images = ImageList.read(file);
      assertFalse(images.isEmpty());
      images.forEach(AnnotationsFuzzTest::requireInside);
    });
  }

  @FuzzTest
  void videoFile(byte[] input) throws Exception {
    Fuzz.file(videos.resolve("v.txt"), input, file -> {
      TextRows rows = VideoFiles.open(file);
      Task task = VideoFormat.taskOf(rows);
      List<double[]> frames = VideoFiles.frames(rows, task);
      List<String> names = frames.stream().map(frame -> "v/1.jpg").toList();
      requireValid(VideoFormat.labelSet(names, Map.of(task, frames)));
      requireConverted(task, frames);
    });
  }

  private void requireConverted(Task task, List<double[]> frames) {
    Path out = dir.resolve("converted.txt");
    ConversionReport report = Conversion.run(Map.of(task, videos), dir.resolve("images"), out, Progress.NONE);
    LabelSet labels = Annotations.read(out);
    requireValid(labels);
    long labelled = frames.stream().limit(IMAGES).filter(frame -> VideoFormat.isLabelled(task, frame)).count();
    assertEquals(labelled, labels.size());
    assertEquals(labelled, report.rows());
    for (int row = 0; row < labels.size(); row++) {
      assertTrue(labels.has(task, row));
    }
  }

  static void requireValid(LabelSet labels) {
    labels.images().forEach(AnnotationsFuzzTest::requireInside);
    DoubleStream.of(labels.valence()).forEach(AnnotationsFuzzTest::requireAffect);
    DoubleStream.of(labels.arousal()).forEach(AnnotationsFuzzTest::requireAffect);
    for (byte expression : labels.expression()) {
      assertTrue(expression >= -1 && expression < 8);
    }
    for (byte unit : labels.actionUnits()) {
      assertTrue(unit >= -1 && unit < 2);
    }
  }

  private static void requireAffect(double value) {
    assertTrue(value >= -1 && value <= 1 || value == LabelSet.INVALID_VA, () -> "" + value);
  }

  /** An image of the folder: its path goes nowhere else. */
  private static void requireInside(String image) {
    assertFalse(image.isBlank());
    assertTrue(Path.of("root").resolve(image).normalize().startsWith("root"), image);
  }

  private static void requireSame(LabelSet expected, LabelSet actual) {
    assertEquals(expected.images(), actual.images());
    assertArrayEquals(expected.valence(), actual.valence(), 0);
    assertArrayEquals(expected.arousal(), actual.arousal(), 0);
    assertArrayEquals(expected.expression(), actual.expression());
    assertArrayEquals(expected.actionUnits(), actual.actionUnits());
  }
}
