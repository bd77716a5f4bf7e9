package io.github.affect4j.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What converting per-video annotations found.
 *
 * @param out the annotation file
 * @param videos videos that have a row
 * @param rows rows of the file: frames with an image and a label of at least one task
 * @param va rows with valence and arousal
 * @param expr rows with an expression
 * @param au rows with at least one action unit
 * @param withoutImage labelled frames that have no image, and so no row
 * @param withoutLabel images of annotated videos that have no label, and so no row
 * @param videosWithoutFolder annotated videos that have no folder of images
 */
public record ConversionReport(
    Path out,
    int videos,
    long rows,
    long va,
    long expr,
    long au,
    long withoutImage,
    long withoutLabel,
    List<String> videosWithoutFolder) {

  private static final int NAMED_VIDEOS = 3;

  /** A few lines for people. */
  public String toText() {
    return String.format(
        Locale.ROOT,
        "%s: %,d rows of %,d videos; labelled VA %,d, EXPR %,d, AU %,d%n"
            + "left out: %,d labelled frames without an image, %,d images without a label%n",
        out, rows, videos, va, expr, au, withoutImage, withoutLabel);
  }

  /** The first videos without a folder by name. */
  String examplesWithoutFolder() {
    int more = videosWithoutFolder.size() - NAMED_VIDEOS;
    return more > 0
        ? String.join(", ", videosWithoutFolder.subList(0, NAMED_VIDEOS)) + " and " + more + " more"
        : String.join(", ", videosWithoutFolder);
  }
}
