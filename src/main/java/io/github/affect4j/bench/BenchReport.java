package io.github.affect4j.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.engine.OperationTime;
import io.github.affect4j.io.TextTable;
import java.util.List;
import java.util.Locale;

/**
 * What was measured.
 *
 * @param mode {@code train} or {@code predict}
 * @param model {@code va}, {@code expr}, {@code au} or {@code mtl}
 * @param dtype {@code fp32} or {@code bf16}
 * @param device {@code cpu} or {@code cuda:n}
 * @param batch images a step
 * @param size height and width in pixels
 * @param steps measured steps
 * @param runtime what the native layer says of itself: libtorch, kernels, threads
 * @param secondsPerStep seconds of one step
 * @param imagesPerSecond batch / median seconds
 * @param gflopPerImage arithmetic of the convolutions and heads
 * @param gflops that arithmetic a second
 * @param peakGemmGflops the best matrix product of this device in this dtype, measured after the steps
 * @param mfu model FLOP utilisation: gflops / peakGemmGflops
 * @param peakBandwidthGbs best memory bandwidth of this device, GB/s
 * @param peakMemoryBytes largest resident set of the process at the end of the steps, host memory only
 * @param check last total loss in training, mean absolute logit in inference
 * @param layers the operations of a step, in its order; {@code null} unless asked for
 */
public record BenchReport(
    String mode,
    String model,
    String dtype,
    String device,
    int batch,
    int size,
    int steps,
    JsonNode runtime,
    Spread secondsPerStep,
    double imagesPerSecond,
    double gflopPerImage,
    double gflops,
    double peakGemmGflops,
    double mfu,
    double peakBandwidthGbs,
    long peakMemoryBytes,
    double check,
    @JsonInclude(JsonInclude.Include.NON_NULL) List<OperationTime> layers) {

  private static final double MILLI = 1e3;
  private static final double GIGA = 1e9;

  /** Lines for people. */
  public String toText() {
    String threads = runtime.path("threads").asText();
    String kernels = runtime.path("kernels").asText();
    String work = mode + " " + model + ", " + dtype + ", " + device + ", batch " + batch + ", " + size + "x" + size;
    return row("what", work)
        + row("with", kernels + " kernels, " + threads + " threads, libtorch " + runtime.path("libtorch").asText())
        + row("speed", format("%.1f img/s", imagesPerSecond))
        + row("step", format("%.1f ms, quartiles %.1f and %.1f, of %d steps", secondsPerStep.median() * MILLI,
            secondsPerStep.q1() * MILLI, secondsPerStep.q3() * MILLI, steps))
        + row("arithmetic", format("%.2f GFLOP an image, %.0f GFLOP/s", gflopPerImage, gflops))
        + row("MFU", format("%.0f %% of the %.0f GFLOP/s of a matrix product, measured now", mfu * 100, peakGemmGflops))
        + row("memory", format("%.2f GB at the peak; bandwidth %.1f GB/s", peakMemoryBytes / GIGA, peakBandwidthGbs))
        + (layers == null ? "" : "\n" + layerTable());
  }

  private String layerTable() {
    TextTable table = new TextTable().row("layer", "operation", "ms", "% of step", "GFLOP/s", "GB/s", "% of roof");
    double step = layers.stream().mapToDouble(OperationTime::seconds).sum();
    for (OperationTime o : layers) {
      table.row(o.layer(), o.operation(), format("%.2f", o.seconds() * MILLI), format("%.1f", 100 * o.seconds() / step),
          o.flops() > 0 ? format("%.0f", o.flops() / o.seconds() / GIGA) : "",
          format("%.1f", o.bytes() / o.seconds() / GIGA), format("%.0f", 100 * shareOfRoof(o)));
    }
    return table.row("all", "", format("%.2f", step * MILLI), "100.0").toString();
  }

  /** Of the matrix product's rate where there is arithmetic, else of the memory's. */
  private double shareOfRoof(OperationTime o) {
    double share = o.flops() > 0 ? o.flops() / (peakGemmGflops * GIGA) : o.bytes() / (peakBandwidthGbs * GIGA);
    return share / o.seconds();
  }

  private static String row(String name, String value) {
    return format("%-11s %s%n", name, value);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
