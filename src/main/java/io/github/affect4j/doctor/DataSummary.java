package io.github.affect4j.doctor;

import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.ImageList;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.LabelSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A data set folder. Images are looked for, not decoded: {@code pack} and {@code train} do that, and
 * list the damaged ones.
 *
 * @param folder its path
 * @param training counts of the training annotations; null if unreadable
 * @param validation counts of the validation annotations; null if unreadable
 * @param testImages images of the official test list; -1 if there is none, or it is unreadable
 * @param missingTestImages those of them that are not there or empty
 * @param errors what could not be read, one sentence each
 */
public record DataSummary(
    String folder,
    LabelCounts training,
    LabelCounts validation,
    int testImages,
    long missingTestImages,
    List<String> errors) {

  public DataSummary {
    errors = List.copyOf(errors);
  }

  static DataSummary read(Path dir) {
    List<String> errors = new ArrayList<>();
    DatasetFolder folder = attempt(() -> DatasetFolder.open(dir), errors);
    if (folder == null) {
      return new DataSummary(dir.toString(), null, null, -1, 0, errors);
    }
    LabelSet training = attempt(folder::training, errors);
    LabelSet validation = attempt(folder::validation, errors);
    List<String> test = attempt(() -> folder.testList().map(ImageList::read).orElse(null), errors);
    Set<String> missing = attempt(() -> folder.missing(union(training, validation, test)), errors);
    return new DataSummary(
        dir.toString(),
        count(training, missing),
        count(validation, missing),
        test == null || missing == null ? -1 : test.size(),
        test == null || missing == null ? 0 : test.stream().filter(missing::contains).count(),
        errors);
  }

  /** All lists are looked for at once, since it takes the whole index of a packed data set. */
  private static Set<String> union(LabelSet training, LabelSet validation, List<String> test) {
    Set<String> images = new HashSet<>(test == null ? List.of() : test);
    Stream.of(training, validation).filter(Objects::nonNull).forEach(labels -> images.addAll(labels.images()));
    return images;
  }

  private static LabelCounts count(LabelSet labels, Set<String> missing) {
    return labels == null || missing == null ? null : LabelCounts.of(labels, missing);
  }

  private static <T> T attempt(Supplier<T> read, List<String> errors) {
    try {
      return read.get();
    } catch (InputException e) {
      errors.add(e.getMessage());
      return null;
    }
  }
}
