package io.github.affect4j.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Locale;

/**
 * How fast images come, beside how fast they are trained on.
 *
 * @param data data set folder
 * @param images read from it
 * @param height pixels
 * @param width pixels
 * @param model {@code va}, {@code expr}, {@code au} or {@code mtl}
 * @param dtype {@code fp32} or {@code bf16}
 * @param batch images a step
 * @param decodedImagesPerSecond JPEG files to a packed shard on disk, on all cores, which a data set needs
 *     once; {@code null} if it is packed already
 * @param decodingShareOfEpoch time of that over the time of training on as many images; {@code null} likewise
 * @param shardGbs images copied from the packed shard to a batch in random order, GB/s, one thread
 * @param copyGbs as many bytes copied from plain memory in the same order, GB/s, one thread
 * @param shardShareOfCopy shardGbs / copyGbs
 * @param secondsOnResidentBatch seconds of a step on a batch that stays as it is
 * @param secondsOnData seconds of a step whose batch a feed filled meanwhile, waiting for it included
 * @param slowdown median of secondsOnData / median of secondsOnResidentBatch: 1 if input costs nothing
 */
public record InputReport(
    String data,
    int images,
    int height,
    int width,
    String model,
    String dtype,
    int batch,
    @JsonInclude(JsonInclude.Include.NON_NULL) Double decodedImagesPerSecond,
    @JsonInclude(JsonInclude.Include.NON_NULL) Double decodingShareOfEpoch,
    double shardGbs,
    double copyGbs,
    double shardShareOfCopy,
    Spread secondsOnResidentBatch,
    Spread secondsOnData,
    double slowdown) {
  private static final double MILLI = 1e3;

  /** Lines for people. */
  public String toText() {
    return row("what", "%s, %d images of %dx%d; step of %s, %s, batch %d", data, images, height, width, model, dtype,
            batch)
        + (decodedImagesPerSecond == null
            ? row("decoding", "none: the data set is packed")
            : row("decoding", "%.0f img/s from JPEG to shard; once, %.1f %% of the time of an epoch",
                decodedImagesPerSecond, 100 * decodingShareOfEpoch))
        + row("shard", "%.2f GB/s to a batch in random order, %.0f %% of a copy in memory (%.2f GB/s)", shardGbs,
            100 * shardShareOfCopy, copyGbs)
        + row("step", "%.1f ms on data, %.1f ms on a batch that stays; quartiles %.1f-%.1f and %.1f-%.1f",
            secondsOnData.median() * MILLI, secondsOnResidentBatch.median() * MILLI, secondsOnData.q1() * MILLI,
            secondsOnData.q3() * MILLI, secondsOnResidentBatch.q1() * MILLI, secondsOnResidentBatch.q3() * MILLI)
        + row("slowdown", "%.3f", slowdown);
  }

  private static String row(String name, String pattern, Object... values) {
    return String.format(Locale.ROOT, "%-11s %s%n", name, String.format(Locale.ROOT, pattern, values));
  }
}
