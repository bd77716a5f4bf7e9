package io.github.affect4j.doctor;

import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.ImageList;
import io.github.affect4j.io.InputException;
import io.github.affect4j.task.LabelSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

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
    errors = errors.stream().distinct().toList(); // of a damaged shard each list would tell
  }

  static DataSummary read(Path dir) {
    List<String> errors = new ArrayList<>();
    DatasetFolder folder = attempt(() -> DatasetFolder.open(dir), errors);
    if (folder == null) {
      return new DataSummary(dir.toString(), null, null, -1, 0, errors);
    }
    LabelCounts training = count(folder, folder::training, errors);
    LabelCounts validation = count(folder, folder::validation, errors);
    List<String> test = attempt(() -> folder.testList().map(ImageList::read).orElse(null), errors);
    Long missing = test == null ? null : attempt(() -> folder.missing(test), errors);
    return missing == null
        ? new DataSummary(dir.toString(), training, validation, -1, 0, errors)
        : new DataSummary(dir.toString(), training, validation, test.size(), missing, errors);
  }

  private static LabelCounts count(DatasetFolder folder, Supplier<LabelSet> labels, List<String> errors) {
    return attempt(() -> LabelCounts.of(labels.get(), folder), errors);
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
