package io.github.affect4j.data;

import java.nio.file.Path;
import java.util.List;

/**
 * What packing or verifying found.
 *
 * @param shard the shard file
 * @param bytes its size
 * @param height pixels
 * @param width pixels
 * @param trainingRows rows of the training annotations, 0 without such a file
 * @param validationRows rows of the validation annotations, 0 without such a file
 * @param testRows rows of the test list, 0 without such a file
 * @param images distinct images over all lists
 * @param usable those that can be trained on
 * @param missing those without a file
 * @param corrupt those that are damaged or no JPEG
 * @param wrongSize those of another size
 * @param quarantine CSV that lists the unusable images with reasons, null if there are none
 * @param verified whether all pixels were read back
 * @param damaged images whose stored pixels do not match their checksum; empty if not verified
 */
public record PackReport(
    Path shard,
    long bytes,
    int height,
    int width,
    int trainingRows,
    int validationRows,
    int testRows,
    int images,
    int usable,
    int missing,
    int corrupt,
    int wrongSize,
    Path quarantine,
    boolean verified,
    List<String> damaged) {

  /** True if nothing stored is damaged. Unusable source images are no failure: they are listed. */
  public boolean good() {
    return damaged.isEmpty();
  }

  /** A few lines for people. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    text.append(shard).append(": ").append(images).append(" images of ").append(width).append(" x ").append(height)
        .append(", ").append(bytes / 1_000_000).append(" MB\n");
    text.append("rows: ").append(trainingRows).append(" training, ").append(validationRows).append(" validation, ")
        .append(testRows).append(" test\n");
    text.append("usable ").append(usable).append(", missing ").append(missing).append(", corrupt ").append(corrupt)
        .append(", of another size ").append(wrongSize).append('\n');
    if (quarantine != null) {
      text.append("unusable images and reasons: ").append(quarantine).append('\n');
    }
    if (verified) {
      text.append(good() ? "verified: all pixels match their checksums\n" : damagedText());
    }
    return text.toString();
  }

  private String damagedText() {
    return "DAMAGED: the pixels of " + damaged.size() + " images do not match their checksums, such as "
        + damaged.get(0) + "; delete the shard and pack again\n";
  }
}
