package io.github.affect4j.fusion;

/**
 * What {@code affect4j smooth} did.
 *
 * @param rows rows read
 * @param videos their videos
 * @param sigma the widths used
 * @param space where the means were taken
 * @param thresholds file of the thresholds that decided the action units, or {@code null} for 0
 * @param out raw prediction file written, or {@code null}
 * @param submission official submission written, or {@code null}
 * @param comparison scores before and after, or {@code null} without annotations
 * @param sweep scores over sigma, or {@code null} if not asked for
 */
public record SmoothingReport(
    int rows,
    int videos,
    Sigmas sigma,
    String space,
    String thresholds,
    String out,
    String submission,
    SmoothingComparison comparison,
    SmoothingSweep sweep) {

  /** Aligned tables for people. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    boolean none = sigma.equals(Sigmas.NONE);
    text.append(none ? "read " : "smoothed ").append(rows).append(" rows of ").append(videos).append(" videos on ")
        .append(space).append(none ? "" : ": sigma " + sigma.toText() + " frames").append('\n');
    text.append(FusionText.written(out, submission));
    if (comparison != null) {
      text.append('\n').append(comparison.toTable()).append(FusionText.decided(thresholds));
    }
    if (sweep != null) {
      text.append('\n').append(sweep.toTable())
          .append(FusionText.best("sigma " + sweep.best().toText(), sweep.atBest()));
    }
    return text.toString();
  }
}
