package io.github.affect4j.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.OperationTime;
import io.github.affect4j.engine.Runtime;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.engine.TrainerOptions;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.Expression;
import io.github.affect4j.task.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;

/** Measures steps of one kind on random images, then the roofs of the machine. */
public final class Bench {
  private static final double NANO = 1e-9;
  private static final double GIGA = 1e9;
  private static final float LEARNING_RATE = 5e-5f;
  private static final long SEED = 1;

  private final BenchOptions options;
  private final BenchProgress progress;
  private double check;
  private List<OperationTime> layers;

  private Bench(BenchOptions options, BenchProgress progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Runs the steps in this thread.
   *
   * @throws IllegalStateException if a step gave a loss or logits that are not finite
   */
  public static BenchReport run(BenchOptions options, BenchProgress progress) {
    Runtime.threads(options.threads());
    Bench bench = new Bench(options, progress);
    Spread seconds = Spread.of(bench.measure());
    return bench.report(seconds, PeakMemory.bytes());
  }

  private double[] measure() {
    try (Model model = new Model(options.spec(), options.precision(), options.device(), SEED);
        Batch batch = new Batch(options.batch(), options.size(), options.size())) {
      RandomBatch.fill(batch, options.mode());
      return options.mode() == BenchMode.TRAIN ? measureTraining(model, batch) : measureInference(model, batch);
    }
  }

  private double[] measureTraining(Model model, Batch batch) {
    float[] classWeights = new float[Expression.COUNT];
    Arrays.fill(classWeights, 1);
    try (Trainer trainer = new Trainer(model, TrainerOptions.paper(classWeights))) {
      double[] seconds = measure(() -> {
        trainer.step(batch, LEARNING_RATE);
        return trainer.read().total();
      });
      if (options.layers()) {
        layers = measureLayers(trainer, batch);
      }
      return seconds;
    }
  }

  /** The profile of a step, with the median time of each operation over all steps. */
  private List<OperationTime> measureLayers(Trainer trainer, Batch batch) {
    trainer.profile(true);
    List<List<OperationTime>> profiles = new ArrayList<>();
    for (int i = 0; i < options.steps(); i++) {
      trainer.step(batch, LEARNING_RATE);
      profiles.add(trainer.profile());
      progress.update(options.warmup() + options.steps() + i + 1, options.totalSteps());
    }
    return IntStream.range(0, profiles.get(0).size()).mapToObj(i -> medianOf(profiles, i)).toList();
  }

  private static OperationTime medianOf(List<List<OperationTime>> profiles, int operation) {
    double[] seconds = profiles.stream().mapToDouble(profile -> profile.get(operation).seconds()).toArray();
    OperationTime any = profiles.get(0).get(operation);
    return new OperationTime(
        any.layer(), any.operation(), Spread.of(seconds).median(), any.flops(), any.bytes());
  }

  private double[] measureInference(Model model, Batch batch) {
    return measure(() -> {
      model.predict(batch);
      return meanMagnitude(batch);
    });
  }

  /** Of the logits of the heads that the model has. */
  private static double meanMagnitude(Batch batch) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < batch.logits().capacity(); i++) {
      float logit = batch.logits().get(i);
      if (!Float.isNaN(logit)) {
        sum += Math.abs(logit);
        count++;
      }
    }
    return sum / count;
  }

  /** Seconds of each measured step. */
  private double[] measure(DoubleSupplier step) {
    double[] seconds = new double[options.steps()];
    for (int i = 0; i < options.warmup() + options.steps(); i++) {
      long start = System.nanoTime();
      check = step.getAsDouble();
      long end = System.nanoTime();
      if (!Double.isFinite(check)) {
        throw new IllegalStateException("step " + (i + 1) + " of the benchmark gave " + check);
      }
      if (i >= options.warmup()) {
        seconds[i - options.warmup()] = (end - start) * NANO;
      }
      progress.update(i + 1, options.totalSteps());
    }
    return seconds;
  }

  private BenchReport report(Spread seconds, long peakMemory) {
    int outputs = options.spec().tasks().stream().mapToInt(Task::outputs).sum();
    NetworkCost cost = new NetworkCost(options.size(), options.size(), outputs);
    double gflop = (options.mode() == BenchMode.TRAIN ? cost.training() : cost.forward()) / GIGA;
    double imagesPerSecond = options.batch() / seconds.median();
    double peakGflops = Runtime.peakGemm(options.device(), options.precision()) / GIGA;
    return new BenchReport(
        options.mode().name().toLowerCase(Locale.ROOT),
        options.spec().name(),
        options.precision().label(),
        options.device().toString(),
        options.batch(),
        options.size(),
        options.steps(),
        describeRuntime(),
        seconds,
        imagesPerSecond,
        gflop,
        gflop * imagesPerSecond,
        peakGflops,
        gflop * imagesPerSecond / peakGflops,
        Runtime.peakBandwidth(options.device()) / GIGA,
        peakMemory,
        check,
        layers);
  }

  private static JsonNode describeRuntime() {
    try {
      return Json.mapper().readTree(Runtime.describe());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the native layer describes itself in broken JSON", e);
    }
  }
}
