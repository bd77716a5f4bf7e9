package io.github.affect4j.fusion;

import io.github.affect4j.data.Annotations;
import io.github.affect4j.data.VideoFormat;
import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.TextRows;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Labels and predictions of the same rows, read from whatever form they come in.
 *
 * @param labels labels in the order of the predictions
 * @param predictions decoded predictions
 * @param raw the logits they were decoded from, or {@code null} if the form has none
 * @param notes what the reader of the scores should know about the input
 */
public record EvaluationInput(
    LabelSet labels, Predictions predictions, RawPredictions raw, List<String> notes) {

  /**
   * Recognises the form by itself: an annotation file with a raw prediction file or an official
   * submission, matched by the order of their rows; or a folder of per-video annotations with a
   * folder of per-video predictions or a file of {@code image_location} rows.
   *
   * @throws InputException if a file is none of these, or the rows differ
   */
  public static EvaluationInput read(Path predictions, Path annotations) {
    if (Files.isDirectory(annotations)) {
      return VideoFolder.open(annotations).match(predictions);
    }
    if (Files.isDirectory(predictions)) {
      throw InputException.in(
          predictions, "a folder of per-video predictions needs a folder of per-video annotations, but "
              + annotations + " is not a folder");
    }
    LabelSet labels = Annotations.read(annotations);
    TextRows rows = new TextRows(predictions, "a prediction file"); // read once: it may be a pipe
    RawPredictions raw = isRaw(rows) ? RawPredictionFile.read(rows) : null;
    Predictions decoded = raw != null ? raw.decode() : SubmissionFile.read(rows);
    RowOrder.requireSame(predictions, decoded.images(), annotations, labels.images());
    return new EvaluationInput(labels, decoded, raw, rangeNotes(decoded));
  }

  /**
   * Decodes the action units with other thresholds.
   *
   * @throws InputException if the predictions came without logits of action units
   */
  public EvaluationInput withThresholds(AuThresholds thresholds) {
    return new EvaluationInput(labels, rawActionUnits().decode(thresholds), raw, notes);
  }

  /**
   * The raw predictions.
   *
   * @throws InputException if the predictions came without logits of action units
   */
  public RawPredictions rawActionUnits() {
    if (raw == null || !raw.has(Task.AU)) {
      throw new InputException(
          "thresholds need the logits of the action units: give --predictions a raw prediction file that has them");
    }
    return raw;
  }

  /** Moves to the header line. */
  private static boolean isRaw(TextRows rows) {
    String header = rows.advance() ? rows.wholeLine() : "";
    if (SubmissionFile.isHeader(header) || !RawPredictionFile.tasksOf(header).isEmpty()) {
      return !SubmissionFile.isHeader(header);
    }
    if (VideoFormat.startsListing(header)) {
      throw rows.error(
          "an 'image_location' file is scored against a folder of per-video annotations, not against a file");
    }
    throw rows.headerError(
        "expected the header of a submission ('" + Annotations.HEADER + "') or of a raw prediction file "
            + "('image,valence_logit,…')");
  }

  /** A note if valence or arousal leave their range: such values are scored as they are. */
  static List<String> rangeNotes(Predictions predictions) {
    List<String> notes = new ArrayList<>();
    long outside =
        predictions.tasks().contains(Task.VA)
            ? DoubleStream.concat(DoubleStream.of(predictions.valence()), DoubleStream.of(predictions.arousal()))
                .filter(value -> Math.abs(value) > 1)
                .count()
            : 0;
    if (outside > 0) {
      notes.add(outside + " valence or arousal values are outside [-1, 1] and were scored as they are");
    }
    return notes;
  }
}
