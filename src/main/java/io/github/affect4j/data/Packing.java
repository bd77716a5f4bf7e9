package io.github.affect4j.data;

import io.github.affect4j.data.BadImage.Kind;
import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes a packed data set, which needs no JPEG tree any more, or verifies one. */
public final class Packing {
  /** Name of the list of unusable images in a packed data set. */
  public static final String QUARANTINE_FILE = "quarantine.csv";

  private static final List<String> LISTS =
      List.of(DatasetFolder.TRAINING_FILE, DatasetFolder.VALIDATION_FILE, DatasetFolder.TEST_LIST_FILE);

  private final DatasetFolder source;
  private final Path out;
  private final Map<String, List<String>> rows = new LinkedHashMap<>();

  private Packing(DatasetFolder source, Path out) {
    this.source = source;
    this.out = out;
  }

  /**
   * Packs a data set; all its lists are checked before the first image is decoded. A data set that
   * is packed already can only be verified, in its place.
   *
   * @throws InputException if a list is malformed, no image is usable, the disk is full, or the
   *     header or index of a shard to be verified is damaged
   */
  public static PackReport run(PackOptions options, DecodeProgress progress) {
    DatasetFolder source = DatasetFolder.open(options.data());
    Packing packing = new Packing(source, options.out());
    boolean packed = !Files.isDirectory(source.imageRoot());
    if (packed && !(options.verify() && options.out().equals(options.data()))) {
      throw InputException.in(options.data(), "expected a folder " + DatasetFolder.IMAGE_FOLDER
          + " to pack, but this data set is packed already; all that can be done is --verify, without --out");
    }
    packing.readLists();
    try {
      return packed ? packing.verify(progress) : packing.write(options.verify(), progress);
    } catch (IOException e) {
      throw new InputException(options.out() + ": the packed data set cannot be written: " + InputException.reason(e),
          e);
    }
  }

  private PackReport verify(DecodeProgress progress) throws IOException {
    Path quarantine = out.resolve(QUARANTINE_FILE);
    return report(true, Files.isRegularFile(quarantine) ? quarantine : null, progress);
  }

  private void readLists() {
    for (String name : LISTS) {
      Path list = source.root().resolve(name);
      if (Files.exists(list)) {
        boolean annotated = !name.equals(DatasetFolder.TEST_LIST_FILE);
        rows.put(name, annotated ? Annotations.read(list).images() : ImageList.read(list));
      }
    }
    if (rows.isEmpty()) {
      throw InputException.in(source.root(), "expected at least one of " + String.join(", ", LISTS)
          + ", which say what to pack, and found none");
    }
  }

  private PackReport write(boolean verify, DecodeProgress progress) throws IOException {
    Set<String> unique = new LinkedHashSet<>();
    rows.values().forEach(unique::addAll);
    List<String> images = List.copyOf(unique);
    byte[] fingerprint = SourceFingerprint.of(source.imageRoot(), images).contentDigest();
    ShardWriter writer = new ShardWriter(source.imageRoot(), images, fingerprint);
    writer.requireUsable(); // a data set that is refused leaves nothing behind
    LockFile lock = LockFile.attempt(shard()).orElseThrow(this::inUse);
    try (lock) {
      writer.write(shard(), progress);
      for (String name : rows.keySet()) {
        copyList(name);
      }
      return report(verify, writeQuarantine(), progress);
    }
  }

  /** One's shard beside the other's lists would be no data set. */
  private InputException inUse() {
    return InputException.in(out, "another process packs into this folder; wait until it has ended, or choose another"
        + " --out");
  }

  private Path shard() {
    return out.resolve(DatasetFolder.SHARD_FILE);
  }

  private void copyList(String name) throws IOException {
    Path from = source.root().resolve(name);
    Path to = out.resolve(name);
    if (Files.exists(to) && Files.isSameFile(from, to)) {
      return;
    }
    AtomicFile.writeText(to, Files.readString(from)); // UTF-8, or it would not have been read
  }

  private Path writeQuarantine() throws IOException {
    Path file = out.resolve(QUARANTINE_FILE);
    List<BadImage> problems = PackedShard.open(shard()).problems();
    if (problems.isEmpty()) {
      Files.deleteIfExists(file); // of an earlier run
      return null;
    }
    Quarantine.write(file, problems);
    return file;
  }

  private PackReport report(boolean verify, Path quarantine, DecodeProgress progress) throws IOException {
    PackedShard shard = PackedShard.open(shard());
    List<BadImage> problems = shard.problems();
    return new PackReport(
        shard(),
        Files.size(shard()),
        shard.height(),
        shard.width(),
        rowCount(DatasetFolder.TRAINING_FILE),
        rowCount(DatasetFolder.VALIDATION_FILE),
        rowCount(DatasetFolder.TEST_LIST_FILE),
        shard.images().size(),
        shard.images().size() - problems.size(),
        count(problems, Kind.MISSING),
        count(problems, Kind.CORRUPT),
        count(problems, Kind.WRONG_SIZE),
        quarantine,
        verify,
        verify ? shard.verify(progress) : List.of());
  }

  private int rowCount(String list) {
    return rows.getOrDefault(list, List.of()).size();
  }

  private static int count(List<BadImage> problems, Kind kind) {
    return (int) problems.stream().filter(problem -> problem.kind() == kind).count();
  }
}
