import io.github.affect4j.data.Augmentation;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.Runtime;
import io.github.affect4j.engine.TensorInfo;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.engine.TrainerOptions;
import io.github.affect4j.engine.internal.Native;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.task.ModelSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * Our side of {@code benchmarks/compare}: does what it is told on standard input, a line a command,
 * as {@code harness/arm.py} describes. Also writes the weights and the batch that all arms use:
 *
 * <pre>
 * Affect4jArm prepare WORK BATCH SIZE
 * Affect4jArm train|predict|loss WORK BATCH SIZE THREADS fp32|bf16
 * </pre>
 */
final class Affect4jArm {
  private static final float[] CLASS_WEIGHTS =
      {3.7807f, 19.9001f, 28.6127f, 29.0343f, 4.9983f, 11.9129f, 17.3384f, 3.6474f};
  private static final float LEARNING_RATE = 5e-5f;
  private static final long SEED = 1;
  private static final int LOGITS = 22;
  private static final double NANO = 1e-9;

  public static void main(String[] args) throws IOException {
    int rows = Integer.parseInt(args[2]);
    int size = Integer.parseInt(args[3]);
    if (args[0].equals("prepare")) {
      prepare(Path.of(args[1]), rows, size);
      return;
    }
    Runtime.threads(Integer.parseInt(args[4]));
    Precision precision = Precision.valueOf(args[5].toUpperCase(Locale.ROOT));
    switch (args[0]) {
      case "loss" -> serve(loss(rows));
      case "train" -> train(precision, rows, size);
      case "predict" -> predict(precision, rows, size);
      default -> throw new IllegalArgumentException("there is no mode " + args[0]);
    }
  }

  private static void train(Precision precision, int rows, int size) throws IOException {
    try (Model model = new Model(ModelSpec.MTL, precision, Device.CPU, SEED);
        Trainer trainer = new Trainer(model, TrainerOptions.paper(CLASS_WEIGHTS));
        Batch batch = batch(rows, size)) {
      serve(() -> {
        trainer.step(batch, LEARNING_RATE);
        return trainer.read().total();
      });
    }
  }

  /** The value is the mean magnitude of the logits. */
  private static void predict(Precision precision, int rows, int size) throws IOException {
    try (Model model = new Model(ModelSpec.MTL, precision, Device.CPU, SEED);
        Batch batch = batch(rows, size)) {
      serve(() -> {
        model.predict(batch);
        double sum = 0;
        for (int i = 0; i < rows * LOGITS; i++) {
          sum += Math.abs(batch.logits().get(i));
        }
        return sum / (rows * LOGITS);
      });
    }
  }

  /** Forward and backward of the three losses on logits that are the batch's noise. */
  private static DoubleSupplier loss(int rows) {
    Labels labels = new Labels(rows);
    FloatBuffer logits = direct(logits(rows));
    FloatBuffer va = direct(labels.va);
    ByteBuffer expressions = direct(labels.expressions);
    ByteBuffer actionUnits = direct(labels.actionUnits);
    FloatBuffer gradient = direct(new float[rows * LOGITS]);
    double[] values = new double[9];
    return () -> {
      Native.loss(7, rows, logits, va, expressions, actionUnits, CLASS_WEIGHTS, 1, false, values, gradient);
      return values[0];
    };
  }

  private static FloatBuffer direct(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
    return bytes.asFloatBuffer().put(0, values);
  }

  private static ByteBuffer direct(byte[] values) {
    return ByteBuffer.allocateDirect(values.length).put(0, values);
  }

  private static void serve(DoubleSupplier step) throws IOException {
    System.out.println("READY");
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      int steps = Integer.parseInt(line.substring("run ".length()));
      double value = 0;
      long start = System.nanoTime();
      for (int i = 0; i < steps; i++) {
        value = step.getAsDouble();
      }
      System.out.println("DONE " + (System.nanoTime() - start) * NANO + " " + value);
    }
  }

  /** Labels of all tasks, about a fifth of them missing, drawn from the seed. */
  private static final class Labels {
    final float[] va;
    final byte[] expressions;
    final byte[] actionUnits;

    Labels(int rows) {
      SplittableRandom random = new SplittableRandom(SEED);
      va = new float[rows * 2];
      expressions = new byte[rows];
      actionUnits = new byte[rows * 12];
      for (int row = 0; row < rows; row++) {
        boolean missing = random.nextInt(5) == 0;
        va[2 * row] = missing ? -5 : (float) random.nextDouble(-1, 1);
        va[2 * row + 1] = missing ? -5 : (float) random.nextDouble(-1, 1);
        expressions[row] = (byte) (random.nextInt(5) == 0 ? -1 : random.nextInt(8));
        for (int unit = 0; unit < 12; unit++) {
          actionUnits[12 * row + unit] = (byte) (random.nextInt(5) == 0 ? -1 : random.nextInt(2));
        }
      }
    }
  }

  private static float[] logits(int rows) {
    SplittableRandom random = new SplittableRandom(SEED + 1);
    float[] logits = new float[rows * LOGITS];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextDouble(-2, 2);
    }
    return logits;
  }

  private static Batch batch(int rows, int size) {
    Batch batch = new Batch(rows, size, size);
    SplittableRandom random = new SplittableRandom(SEED + 2);
    for (int i = 0; i < batch.images().capacity(); i++) {
      batch.images().put(i, (byte) random.nextInt(256));
    }
    batch.crops().clear();
    for (int row = 0; row < rows; row++) {
      Augmentation.wholeImage(size, size, batch.crops());
    }
    Labels labels = new Labels(rows);
    batch.valenceArousal().put(0, labels.va);
    batch.expressions().put(0, labels.expressions);
    batch.actionUnits().put(0, labels.actionUnits);
    return batch;
  }

  private static void prepare(Path work, int rows, int size) throws IOException {
    writeWeights(work.resolve("weights.safetensors"));
    Labels labels = new Labels(rows);
    List<SafetensorsWriter.Declaration> tensors = List.of(
        new SafetensorsWriter.Declaration("images", List.of((long) rows, (long) size, (long) size, 3L)),
        new SafetensorsWriter.Declaration("logits", List.of((long) rows, (long) LOGITS)),
        new SafetensorsWriter.Declaration("va", List.of((long) rows, 2L)),
        new SafetensorsWriter.Declaration("expressions", List.of((long) rows)),
        new SafetensorsWriter.Declaration("action_units", List.of((long) rows, 12L)),
        new SafetensorsWriter.Declaration("class_weights", List.of((long) CLASS_WEIGHTS.length)));
    try (Batch batch = batch(rows, size);
        SafetensorsWriter writer = SafetensorsWriter.create(work.resolve("batch.safetensors"), Map.of(), tensors)) {
      writer.write(floats(batch.images(), 0xff));
      writer.write(FloatBuffer.wrap(logits(rows)));
      writer.write(FloatBuffer.wrap(labels.va));
      writer.write(floats(ByteBuffer.wrap(labels.expressions), -1));
      writer.write(floats(ByteBuffer.wrap(labels.actionUnits), -1));
      writer.write(FloatBuffer.wrap(CLASS_WEIGHTS));
      writer.commit();
    }
  }

  /** Each byte as a float; {@code mask} 0xff reads them unsigned, -1 signed. */
  private static FloatBuffer floats(ByteBuffer bytes, int mask) {
    FloatBuffer floats = FloatBuffer.allocate(bytes.capacity());
    for (int i = 0; i < bytes.capacity(); i++) {
      floats.put(i, bytes.get(i) & mask);
    }
    return floats;
  }

  private static void writeWeights(Path file) throws IOException {
    try (Model model = new Model(ModelSpec.MTL, Precision.FP32, Device.CPU, SEED)) {
      List<SafetensorsWriter.Declaration> tensors = new ArrayList<>();
      for (TensorInfo tensor : model.tensors()) {
        tensors.add(new SafetensorsWriter.Declaration(tensor.name(), tensor.shape()));
      }
      try (SafetensorsWriter writer = SafetensorsWriter.create(file, Map.of(), tensors)) {
        for (TensorInfo tensor : model.tensors()) {
          FloatBuffer values = ByteBuffer.allocateDirect(4 * tensor.elements())
              .order(ByteOrder.nativeOrder()).asFloatBuffer();
          model.read(tensor, values);
          writer.write(values.rewind());
        }
        writer.commit();
      }
    }
  }
}
