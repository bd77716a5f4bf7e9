package io.github.affect4j.fusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines are frames by their place alone: what shows that they are not is refused, what does not is said. */
class VideoFolderTest {
  private static final String HEADER = "valence,arousal\n";
  private static final int FRAMES = 300;
  private static final int LABELLED = 240;

  @TempDir Path dir;
  private Path annotations;

  @BeforeEach
  void annotate() throws IOException {
    write("annotations/v.txt", HEADER + IntStream.rangeClosed(1, FRAMES)
        .mapToObj(frame -> frame <= LABELLED ? affect(frame, 1) : "-5,-5\n").collect(Collectors.joining()));
    annotations = dir.resolve("annotations");
  }

  private static String affect(int frame, double scale) {
    return scale * Math.sin(frame / 15.0) + "," + scale * Math.cos(frame / 15.0) + "\n";
  }

  private Path predict(IntPredicate frames) throws IOException {
    return write("predicted/v.txt", HEADER + IntStream.rangeClosed(1, 2 * FRAMES)
        .filter(frames).mapToObj(frame -> affect(frame, 0.9)).collect(Collectors.joining()));
  }

  private Path write(String name, String text) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private EvaluationInput read() {
    return EvaluationInput.read(dir.resolve("predicted"), annotations);
  }

  private double ccc() {
    EvaluationInput input = read();
    return Evaluation.evaluate(input.labels(), input.predictions(), Protocol.EACH).va().cccValence();
  }

  @Test
  void asManyLinesAsFramesNeedNoWord() throws IOException {
    predict(frame -> frame <= FRAMES);
    assertEquals(0.99, ccc(), 0.005);
    assertEquals(List.of(), read().notes());
  }

  /** What is missing in the middle shifts what follows, and the unlabelled frames at the end hide it. */
  @ParameterizedTest
  @ValueSource(ints = {6, 40, 60})
  void aGapIsRefused(int gap) throws IOException {
    Path file = predict(frame -> frame <= FRAMES && (frame <= 50 || frame > 50 + gap));
    assertEquals(
        file + ": expected a prediction for each of the 300 annotated frames, got " + (FRAMES - gap) + "; line n is"
            + " taken for frame n, so write a line for each frame, also without a face",
        assertThrows(InputException.class, this::read).getMessage());
  }

  @Test
  void surplusLinesAreRefusedAlike() throws IOException {
    predict(frame -> frame <= FRAMES + 6);
    assertTrue(assertThrows(InputException.class, this::read).getMessage().contains("annotated frames, got 306; "));
  }

  @ParameterizedTest
  @ValueSource(ints = {-5, -1, 1, 5})
  void aFewLinesMoreOrFewerAreToldWithTheRowsTheyConcern(int more) throws IOException {
    write("annotations/w.txt", HEADER + "0,0\n");
    write("predicted/w.txt", HEADER + "0,0\n");
    predict(frame -> frame <= FRAMES + more);
    assertEquals(
        List.of("1 prediction files have some lines more or fewer than their annotations; that line n is frame n all"
            + " the same was assumed for 240 scored rows"),
        read().notes());
    assertEquals(0.99, ccc(), 0.005);
  }

  @Test
  void listedFramesBeyondTheAnnotationAreCountedAndFarOnesRefused() throws IOException {
    String listed = "image_location,valence,arousal\n" + IntStream.rangeClosed(1, FRAMES + 5)
        .mapToObj(frame -> "v/%05d.jpg,".formatted(frame) + affect(frame, 0.9)).collect(Collectors.joining());
    Path near = write("near.txt", listed);
    assertEquals(
        List.of("5 listed frames come after the last annotated ones of their videos and were ignored"),
        EvaluationInput.read(near, annotations).notes());
    Path far = write("far.txt", listed + "v/00306.jpg,0,0\n");
    assertEquals(
        far + ":307: expected one of the 300 annotated frames of the video, got frame 306; these are frames of another"
            + " video, or counted otherwise",
        assertThrows(InputException.class, () -> EvaluationInput.read(far, annotations)).getMessage());
  }

  @Test
  void noFileIsLeftOutWithoutAWord() throws IOException {
    write("annotations/w.TXT", HEADER + "0,0\n");
    write("annotations/x.csv", HEADER + "0,0\n");
    write("annotations/.hidden.txt", "");
    predict(frame -> frame <= FRAMES);
    assertTrue(assertThrows(InputException.class, this::read).getMessage().contains("but there is no w.txt"));
    write("predicted/w.Txt", HEADER + "0,0\n");
    write("predicted/readme", "");
    assertEquals(LABELLED + 1, read().labels().size());
    assertEquals(
        List.of("1 entries of " + annotations + " are not named <video>.txt and were ignored, such as x.csv",
            "1 entries of " + dir.resolve("predicted") + " are not named <video>.txt and were ignored, such as readme"),
        read().notes());

    write("predicted/w.txt", HEADER + "0,0\n");
    assertEquals(
        dir.resolve("predicted/w.txt") + ": expected one file a video, but w.Txt is there too; remove one of them",
        assertThrows(InputException.class, this::read).getMessage());
  }

  /** macOS writes the accent apart. */
  @Test
  void anotherUnicodeFormIsNamed() throws IOException {
    assumeTrue(System.getProperty("sun.jnu.encoding").equals("UTF-8"), "paths in a UTF-8 locale");
    write("annotations/caf\u00e9.txt", HEADER + "0,0\n");
    predict(frame -> frame <= FRAMES);
    write("predicted/cafe\u0301.txt", HEADER + "0,0\n");
    String message = assertThrows(InputException.class, this::read).getMessage();
    assertTrue(message.endsWith("; the same name is there in another Unicode form, so write both in NFC"), message);
    Path list = write("list.txt", "image_location,valence,arousal\ncafe\u0301/00001.jpg,0,0\n");
    message = assertThrows(InputException.class, () -> EvaluationInput.read(list, annotations)).getMessage();
    assertTrue(message.endsWith("; the same name is there in another Unicode form, so write both in NFC"), message);
    assertTrue(
        assertThrows(InputException.class, () -> RowOrder.requireSame(
            list, List.of("cafe\u0301/1.jpg"), annotations, List.of("caf\u00e9/1.jpg"))).getMessage()
            .contains("another Unicode form"));
  }
}
