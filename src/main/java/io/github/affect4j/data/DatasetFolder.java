package io.github.affect4j.data;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.LockFile;
import io.github.affect4j.io.Printable;
import io.github.affect4j.io.UnicodeForms;
import io.github.affect4j.task.LabelSet;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A data set in the official layout of s-Aff-Wild2: annotation files, test list and the image tree
 * {@code cropped_aligned}; or the same folder after {@code affect4j pack}, with a shard in place of
 * the tree.
 */
public final class DatasetFolder {
  /** Annotations of the training set. */
  public static final String TRAINING_FILE = "training_set_annotations.txt";
  /** Annotations of the validation set. */
  public static final String VALIDATION_FILE = "validation_set_annotations.txt";
  /** Images of the test set, without labels; may be absent. */
  public static final String TEST_LIST_FILE = "MTL_Challenge_test_set_release.txt";
  /** The tree of JPEGs. */
  public static final String IMAGE_FOLDER = "cropped_aligned";
  /** The decoded images of a packed data set. */
  public static final String SHARD_FILE = "images.shard";

  /** Folders of the single-task challenges, whose annotations are files a video. */
  private static final String CHALLENGES = "{VA,EXPR,AU}_*_Challenge";

  private final Path root;

  private DatasetFolder(Path root) {
    this.root = root;
  }

  /**
   * Opens a data set folder, or the shard inside one.
   *
   * @throws InputException if there is none, or if it holds neither images nor a shard
   */
  public static DatasetFolder open(Path dir) {
    if (Files.isRegularFile(dir) && dir.endsWith(SHARD_FILE)) {
      return open(dir.toAbsolutePath().getParent());
    }
    if (!Files.isDirectory(dir)) {
      throw InputException.noFolder(dir, "a data set folder");
    }
    DatasetFolder folder = new DatasetFolder(dir);
    if (!Files.isDirectory(folder.imageRoot()) && !Files.isRegularFile(folder.shard())) {
      throw InputException.in(dir, "expected a folder " + IMAGE_FOLDER + " with the images, or " + SHARD_FILE
          + " made by 'affect4j pack', and found neither");
    }
    return folder;
  }

  /** The folder itself. */
  public Path root() {
    return root;
  }

  /** Where the image paths start; absent in a packed data set. */
  public Path imageRoot() {
    return root.resolve(IMAGE_FOLDER);
  }

  /**
   * The file of an image path below an image root.
   *
   * @throws InputException if it is no file name on this machine
   */
  public static Path image(Path imageRoot, String image) {
    try {
      return imageRoot.resolve(image);
    } catch (InvalidPathException e) { // such as an umlaut under LC_ALL=C
      throw new InputException("the image path " + Printable.quote(image) + " is no file name on this machine: "
          + e.getReason() + "; a UTF-8 locale may help (LC_ALL=C.UTF-8)", e);
    }
  }

  /**
   * The end of a message about images that are not there.
   *
   * @return the cause, if one of them or its video has the same name in another Unicode form; else nothing
   */
  public static String otherForm(Path imageRoot, Collection<String> images) {
    return images.stream()
        .map(image -> UnicodeForms.hint(image, form -> Files.exists(image(imageRoot, form))))
        .filter(hint -> !hint.isEmpty())
        .findFirst()
        .orElse("");
  }

  /** The shard of a packed data set; absent in the official layout. */
  Path shard() {
    return root.resolve(SHARD_FILE);
  }

  /** Reads the training annotations. */
  public LabelSet training() {
    return annotations(TRAINING_FILE);
  }

  /** Reads the validation annotations. */
  public LabelSet validation() {
    return annotations(VALIDATION_FILE);
  }

  private LabelSet annotations(String name) {
    Path file = root.resolve(name);
    if (Files.notExists(file) && hasVideoFiles()) {
      throw InputException.in(file, "expected an annotation file, but there is none; make it from the per-video files "
          + "in " + root + " by 'affect4j convert'");
    }
    return Annotations.read(file);
  }

  /** True if a folder of a single-task challenge lies here. */
  private boolean hasVideoFiles() {
    try (DirectoryStream<Path> challenges = Files.newDirectoryStream(root, CHALLENGES)) {
      return challenges.iterator().hasNext();
    } catch (IOException e) {
      return false;
    }
  }

  /** The official test list, if it is there. */
  public Optional<Path> testList() {
    Path list = root.resolve(TEST_LIST_FILE);
    return Files.isRegularFile(list) ? Optional.of(list) : Optional.empty();
  }

  /**
   * Those of some images that are not there: without a file, or with an empty one; in a packed data set, not in the
   * shard or missing when it was packed. None is decoded.
   *
   * @throws InputException if one is no file name on this machine, or the shard is damaged
   */
  public Set<String> missing(Collection<String> images) {
    if (Files.isDirectory(imageRoot())) {
      return images.parallelStream()
          .filter(image -> image(imageRoot(), image).toFile().length() == 0)
          .collect(Collectors.toSet());
    }
    PackedShard packed = PackedShard.open(shard());
    return images.stream().filter(packed::isMissing).collect(Collectors.toSet());
  }

  /** True if too many of some images are missing to predict them: most predictions would be other images'. */
  public static boolean tooManyMissing(long missing, int images) {
    return 2 * missing > images;
  }

  /**
   * Opens the images of these rows: from the packed shard if it covers them, else from a shard in
   * the cache, which is made first, on all cores, unless one of the same list and the same files is
   * there already and whole: all of its pixels are read.
   *
   * @param images paths relative to the image root; may repeat
   * @param cache folder for the shard, created if absent
   * @throws InputException if no image is usable, the shard is damaged, the tree beside a packed
   *     shard has changed, or the disk is full
   */
  public ImageSource images(List<String> images, Path cache, DecodeProgress progress) {
    if (images.isEmpty()) {
      throw InputException.in(root, "expected a list of images, but it is empty");
    }
    if (Files.isRegularFile(shard())) {
      PackedShard packed = PackedShard.open(shard());
      Optional<String> absent = images.stream().filter(image -> packed.slot(image) < 0).findFirst();
      if (absent.isEmpty()) {
        requireFresh(packed);
        return new ShardImages(packed, images);
      }
      requireTree(absent.get());
    }
    try {
      return new ShardImages(cached(images, cache, progress), images);
    } catch (IOException e) {
      throw new InputException("the image cache " + cache + " cannot be written: " + InputException.reason(e)
          + "; choose another folder", e);
    }
  }

  /** A tree that changed after it was packed would train on pixels that are no more. */
  private void requireFresh(PackedShard packed) {
    if (Files.isDirectory(imageRoot())) {
      byte[] now = SourceFingerprint.of(imageRoot(), packed.images()).contentDigest();
      if (!Arrays.equals(now, packed.fingerprint())) {
        throw InputException.in(shard(), "the images in " + IMAGE_FOLDER + " have changed since it was packed;"
            + " pack again, or delete one of the two");
      }
    }
  }

  private void requireTree(String absent) {
    if (!Files.isDirectory(imageRoot())) {
      throw InputException.in(shard(), "it does not hold the listed image " + absent + ", and there is no folder "
          + IMAGE_FOLDER + " to read it from; pack the data set again with this list");
    }
  }

  private PackedShard cached(List<String> images, Path cache, DecodeProgress progress) throws IOException {
    List<String> unique = List.copyOf(new LinkedHashSet<>(images));
    SourceFingerprint source = SourceFingerprint.of(imageRoot(), unique);
    Path file = cache.resolve("images-" + HexFormat.of().formatHex(source.listDigest(), 0, 8) + ".shard");
    Optional<PackedShard> reusable = reusable(file, source, progress);
    return reusable.isPresent() ? reusable.get() : cached(file, unique, source, progress);
  }

  /** Of several processes that need it, such as ranks on one machine, one makes the shard; the others wait for it. */
  private PackedShard cached(Path file, List<String> unique, SourceFingerprint source, DecodeProgress progress)
      throws IOException {
    ShardWriter writer = new ShardWriter(imageRoot(), unique, source.contentDigest());
    writer.requireUsable(); // a data set that is refused leaves no cache behind
    LockFile lock = LockFile.await(file);
    try (lock) {
      Optional<PackedShard> made = reusable(file, source, progress);
      if (made.isEmpty()) {
        writer.write(file, progress);
        made = Optional.of(PackedShard.open(file));
      }
      return made.get();
    }
  }

  /** A cache that is stale, damaged, in its pixels too, or of another decoder is no error: it is made again. */
  private static Optional<PackedShard> reusable(Path file, SourceFingerprint source, DecodeProgress progress) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      PackedShard shard = PackedShard.open(file);
      boolean same = Arrays.equals(shard.fingerprint(), source.contentDigest());
      return same && shard.verify(progress).isEmpty() ? Optional.of(shard) : Optional.empty();
    } catch (InputException unreadable) {
      return Optional.empty();
    }
  }
}
