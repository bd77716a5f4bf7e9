package io.github.affect4j.fusion;

import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;

/** The two files that predictions are written to: logits for later steps, decisions for the challenge. */
public final class PredictionFiles {
  private PredictionFiles() {}

  /**
   * Finds out before the work what {@link #write} would refuse after it.
   *
   * @throws io.github.affect4j.io.InputException if a file cannot be written
   */
  public static void requireWritable(Path out, Path submission) throws IOException {
    if (out != null) {
      AtomicFile.requireWritable(out);
    }
    if (submission != null) {
      AtomicFile.requireWritable(submission);
    }
  }

  /** A file's name as reports have it; {@code null} if there is none. */
  public static String name(Path file) {
    return file == null ? null : file.toString();
  }

  /**
   * Writes one or both.
   *
   * @param out raw prediction file, or {@code null}
   * @param submission official submission, or {@code null}
   * @param thresholds decide its action units
   * @throws io.github.affect4j.io.InputException if there is no submission of these tasks; nothing is written then
   */
  public static void write(Path out, Path submission, RawPredictions predictions, AuThresholds thresholds) {
    if (submission != null) {
      SubmissionFile.write(submission, predictions.decode(thresholds));
    }
    if (out != null) {
      RawPredictionFile.write(out, predictions);
    }
  }
}
