package io.github.affect4j.data.synthetic;

import io.github.affect4j.data.Annotations;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.ProgressCounter;
import io.github.affect4j.data.synthetic.SyntheticSet.Fault;
import io.github.affect4j.data.synthetic.SyntheticSet.Frame;
import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Generates a data set of drawn faces in exactly the layout of s-Aff-Wild2: JPEG tree, annotation
 * files with missing labels, partial labels and duplicate rows, a test list, and a few files that
 * are absent, truncated, no JPEG, or of another size. Valence, arousal and expression follow from
 * the action units, which move the face.
 */
public final class SyntheticFaces {
  /** Names the options a folder was generated with; written first, and again when all is done. */
  static final String MARKER = "synthetic.json";

  private static final int VERSION = 1;

  private record Marker(int generator, boolean complete, SyntheticOptions options) {}

  private final Path dir;
  private final SyntheticOptions options;
  private final List<SyntheticSet> sets;

  private SyntheticFaces(Path dir, SyntheticOptions options) {
    this.dir = dir;
    this.options = options;
    int validationStart = SyntheticSet.videos(options.training());
    int testStart = validationStart + SyntheticSet.videos(options.validation());
    SyntheticSet training = new SyntheticSet(options.seed(), 0, options.training());
    SyntheticSet validation = new SyntheticSet(options.seed(), validationStart, options.validation());
    SyntheticSet test = new SyntheticSet(options.seed(), testStart, options.test());
    training.damage(Fault.TRUNCATED, atLeastOne(options.training(), 500));
    training.damage(Fault.ABSENT, atLeastOne(options.training(), 500));
    training.damage(Fault.GARBAGE, 1);
    training.damage(Fault.OTHER_SIZE, 1);
    validation.damage(Fault.TRUNCATED, 1);
    validation.damage(Fault.ABSENT, 1);
    test.damage(Fault.ABSENT, options.test() < 20 ? 0 : 1);
    sets = List.of(training, validation, test);
  }

  private static int atLeastOne(int images, int every) {
    return Math.max(1, images / every);
  }

  /**
   * Generates into a folder that is absent or empty. A folder that already holds the same data set
   * is left as it is; one whose generation was interrupted is completed.
   *
   * @throws InputException if the folder holds anything else, or cannot be written
   */
  public static DatasetFolder generate(Path dir, SyntheticOptions options, DecodeProgress progress) {
    SyntheticFaces faces = new SyntheticFaces(dir, options);
    try {
      if (!faces.isComplete()) {
        faces.write(progress);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new InputException(dir + ": the data set cannot be written: " + e.getMessage(), e);
    }
    return DatasetFolder.open(dir);
  }

  private boolean isComplete() throws IOException {
    Path marker = dir.resolve(MARKER);
    if (Files.isRegularFile(marker)) {
      String found = Files.readString(marker);
      if (found.equals(marker(true))) {
        return true;
      }
      if (found.equals(marker(false))) {
        return false;
      }
      throw InputException.in(dir, "it holds a data set generated with other options (see " + MARKER
          + "); delete it or choose another folder");
    }
    if (Files.isDirectory(dir) && !isEmpty(dir)) {
      throw InputException.in(dir, "expected an absent or empty folder for generated faces, but it holds files;"
          + " choose another");
    }
    return false;
  }

  private static boolean isEmpty(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.findAny().isEmpty();
    }
  }

  private String marker(boolean complete) {
    return Json.pretty(new Marker(VERSION, complete, options));
  }

  private void write(DecodeProgress listener) throws IOException {
    writeText(MARKER, marker(false));
    ProgressCounter progress = new ProgressCounter(listener, options.total());
    for (SyntheticSet set : sets) {
      writeImages(set, progress);
    }
    SyntheticSet training = sets.get(0);
    int duplicates = Math.max(2, options.training() / 400);
    Annotations.write(
        dir.resolve(DatasetFolder.TRAINING_FILE), training.labels(MissingLabels.TRAINING, duplicates));
    Annotations.write(dir.resolve(DatasetFolder.VALIDATION_FILE), sets.get(1).labels(MissingLabels.VALIDATION, 2));
    if (options.test() > 0) {
      writeText(DatasetFolder.TEST_LIST_FILE, String.join("\n", sets.get(2).images()) + "\n");
    }
    writeText(MARKER, marker(true));
  }

  private void writeText(String name, String text) {
    AtomicFile.writeText(dir.resolve(name), text);
  }

  private void writeImages(SyntheticSet set, ProgressCounter progress) throws IOException {
    createFolders(set);
    ThreadLocal<JpegEncoder> encoders = ThreadLocal.withInitial(JpegEncoder::new);
    IntStream.range(0, set.frames().size()).parallel().forEach(frame -> {
      writeImage(set, frame, encoders.get());
      progress.oneDone();
    });
  }

  private void createFolders(SyntheticSet set) throws IOException {
    Set<Path> folders = new HashSet<>();
    for (String image : set.images()) {
      folders.add(file(image).getParent());
    }
    for (Path folder : folders) {
      Files.createDirectories(folder);
    }
  }

  private Path file(String image) {
    return dir.resolve(DatasetFolder.IMAGE_FOLDER).resolve(image);
  }

  private void writeImage(SyntheticSet set, int number, JpegEncoder encoder) {
    Frame frame = set.frames().get(number);
    Fault fault = set.fault(number);
    try {
      if (fault == Fault.ABSENT) {
        Files.deleteIfExists(file(frame.image()));
      } else {
        Files.write(file(frame.image()), content(frame, fault, encoder));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] content(Frame frame, Fault fault, JpegEncoder encoder) throws IOException {
    if (fault == Fault.GARBAGE) {
      return "<html><title>404 Not Found</title></html>\n".getBytes(StandardCharsets.US_ASCII);
    }
    int size = fault == Fault.OTHER_SIZE ? options.size() + options.size() / 4 : options.size();
    byte[] jpeg = encoder.encode(paint(frame.video(), frame.index(), size));
    return fault == Fault.TRUNCATED ? Arrays.copyOf(jpeg, jpeg.length * 2 / 3) : jpeg;
  }

  private static BufferedImage paint(SyntheticVideo video, int frame, int size) {
    Draw sensor = video.draw(Streams.SENSOR, frame);
    return FacePainter.paint(video.identity(), video.pose(frame), video.affect(frame), sensor, size);
  }
}
