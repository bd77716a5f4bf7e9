package io.github.affect4j.engine.internal;

import io.github.affect4j.engine.EngineException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Calls {@link Affect4j} and turns its codes into exceptions, in this one place: every call goes
 * through {@link #check}, and every handle is held while native code uses it.
 */
public final class Native {
  public static final int IMAGES = 0;
  public static final int CROPS = 1;
  public static final int VA = 2;
  public static final int EXPRESSION = 3;
  public static final int ACTION_UNITS = 4;
  public static final int LOGITS = 5;
  public static final int INDICES = 6;

  private static final int NAME_CAPACITY = 64;
  private static final int DESCRIPTION_CAPACITY = 16384;
  private static final int PROFILE_CAPACITY = 1 << 17;

  private Native() {}

  /** Receives what is known of one tensor. */
  public interface TensorVisitor<T> {
    T visit(String name, long[] shape, boolean trainable);
  }

  private interface Constructor {
    int call(PointerPointer<?> out);
  }

  public static Handle newBatch(int capacity, int height, int width) {
    Pointer p = construct(out -> Affect4j.a4j_batch_new(capacity, height, width, out));
    return new Handle("batch", p, Affect4j::a4j_batch_free, null);
  }

  /** The batch holds the set's handle until it is closed itself. */
  public static Handle newBatch(Handle images, int capacity) {
    Pointer i = images.acquire();
    try {
      Pointer p = construct(out -> Affect4j.a4j_batch_new_of(i, capacity, out));
      return new Handle("batch", p, Affect4j::a4j_batch_free, images);
    } catch (RuntimeException e) {
      images.release();
      throw e;
    }
  }

  /** On the model's device, which it does not hold. */
  public static Handle newImages(Handle model, long capacity, int height, int width, int batch) {
    Pointer m = model.acquire();
    try {
      Pointer p = construct(out -> Affect4j.a4j_images_new(m, capacity, height, width, batch, out));
      return new Handle("set of images", p, Affect4j::a4j_images_free, null);
    } finally {
      model.release();
    }
  }

  /** Whole images in the remaining content of a direct buffer, whose position stays. */
  public static void appendImages(Handle images, ByteBuffer pixels, int imageBytes) {
    if (!pixels.isDirect() || pixels.remaining() % imageBytes != 0) {
      throw new IllegalArgumentException("a direct buffer of whole images is required");
    }
    Pointer i = images.acquire();
    try {
      check(Affect4j.a4j_images_append(i, pixels, pixels.remaining() / imageBytes));
    } finally {
      images.release();
    }
  }

  public static Handle newModel(int tasks, int precision, int device, long seed) {
    Pointer p = construct(out -> Affect4j.a4j_model_new(tasks, precision, device, seed, out));
    return new Handle("model", p, Affect4j::a4j_model_free, null);
  }

  /** The trainer holds the model's handle until it is closed itself. */
  public static Handle newTrainer(
      Handle model,
      float[] classWeights,
      float focalGamma,
      boolean weightedMean,
      float beta1,
      float beta2,
      float epsilon,
      float weightDecay) {
    requireLength("class weights", classWeights.length, 8);
    Pointer m = model.acquire();
    try {
      Pointer p =
          construct(
              out ->
                  Affect4j.a4j_trainer_new(
                      m, classWeights, focalGamma, weightedMean ? 1 : 0, beta1, beta2, epsilon, weightDecay, out));
      return new Handle("trainer", p, Affect4j::a4j_trainer_free, model);
    } catch (RuntimeException e) {
      model.release();
      throw e;
    }
  }

  public static Handle newCommunicator(
      String host, int port, boolean externalStore, String attempt, int rank, int world, int timeoutSeconds) {
    Pointer p =
        construct(
            out ->
                Affect4j.a4j_communicator_new(
                    host, port, externalStore ? 1 : 0, attempt, rank, world, timeoutSeconds, out));
    return new Handle("communicator", p, Affect4j::a4j_communicator_free, null);
  }

  public static void requireSame(Handle communicator, String what, String value) {
    Pointer c = communicator.acquire();
    try {
      check(Affect4j.a4j_communicator_require_same(c, what, value));
    } finally {
      communicator.release();
    }
  }

  /** The buffer's position stays. */
  public static void broadcast(Handle communicator, ByteBuffer data) {
    if (!data.isDirect()) {
      throw new IllegalArgumentException("a direct buffer is required");
    }
    Pointer c = communicator.acquire();
    try {
      check(Affect4j.a4j_communicator_broadcast(c, data, data.remaining()));
    } finally {
      communicator.release();
    }
  }

  /** The buffer's position stays. */
  public static void sum(Handle communicator, FloatBuffer values) {
    requireDirect(values);
    Pointer c = communicator.acquire();
    try {
      check(Affect4j.a4j_communicator_sum(c, values, values.remaining()));
    } finally {
      communicator.release();
    }
  }

  /** The trainer holds the communicator's handle until it is closed itself. */
  public static void join(Handle trainer, Handle communicator, boolean syncNorm) {
    Pointer t = trainer.acquire();
    try {
      Pointer c = communicator.acquire();
      trainer.keep(communicator);
      check(Affect4j.a4j_trainer_join(t, c, syncNorm ? 1 : 0));
    } finally {
      trainer.release();
    }
  }

  public static void shareStatistics(Handle trainer) {
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_share_statistics(t));
    } finally {
      trainer.release();
    }
  }

  public static int stopWishes(Handle trainer, boolean wish) {
    int[] wishes = new int[1];
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_stop_wish(t, wish ? 1 : 0, wishes));
    } finally {
      trainer.release();
    }
    return wishes[0];
  }

  /** Borrowed memory of a batch, valid until the batch is closed. */
  public static ByteBuffer buffer(Handle batch, int which) {
    long[] bytes = new long[1];
    try (PointerPointer<?> out = new PointerPointer<>(1)) {
      Pointer b = batch.acquire();
      try {
        check(Affect4j.a4j_batch_buffer(b, which, out, bytes));
      } finally {
        batch.release();
      }
      return new BytePointer(out.get()).capacity(bytes[0]).asByteBuffer().order(ByteOrder.nativeOrder());
    }
  }

  public static int tensorCount(Handle model) {
    int[] count = new int[1];
    Pointer m = model.acquire();
    try {
      check(Affect4j.a4j_model_tensor_count(m, count));
    } finally {
      model.release();
    }
    return count[0];
  }

  public static <T> T tensorInfo(Handle model, int index, TensorVisitor<T> visitor) {
    byte[] name = new byte[NAME_CAPACITY];
    long[] shape = new long[4];
    int[] rank = new int[1];
    int[] trainable = new int[1];
    Pointer m = model.acquire();
    try {
      check(Affect4j.a4j_model_tensor_info(m, index, name, shape, rank, trainable));
    } finally {
      model.release();
    }
    int length = 0;
    while (name[length] != 0) {
      length++;
    }
    long[] sizes = java.util.Arrays.copyOf(shape, rank[0]);
    return visitor.visit(new String(name, 0, length, StandardCharsets.US_ASCII), sizes, trainable[0] != 0);
  }

  public static void readTensor(Handle model, int index, FloatBuffer destination) {
    requireDirect(destination);
    Pointer m = model.acquire();
    try {
      check(Affect4j.a4j_model_tensor_read(m, index, destination, destination.remaining()));
    } finally {
      model.release();
    }
  }

  public static void writeTensor(Handle model, int index, FloatBuffer source) {
    requireDirect(source);
    Pointer m = model.acquire();
    try {
      check(Affect4j.a4j_model_tensor_write(m, index, source, source.remaining()));
    } finally {
      model.release();
    }
  }

  public static void predict(Handle model, Handle batch, int rows) {
    Pointer m = model.acquire();
    try {
      Pointer b = batch.acquire();
      try {
        check(Affect4j.a4j_model_predict(m, b, rows));
      } finally {
        batch.release();
      }
    } finally {
      model.release();
    }
  }

  public static void step(Handle trainer, Handle batch, int rows, float learningRate) {
    Pointer t = trainer.acquire();
    try {
      Pointer b = batch.acquire();
      try {
        check(Affect4j.a4j_trainer_step(t, b, rows, learningRate));
      } finally {
        batch.release();
      }
    } finally {
      trainer.release();
    }
  }

  public static void readStep(Handle trainer, double[] values) {
    requireLength("step values", values.length, 9);
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_read(t, values));
    } finally {
      trainer.release();
    }
  }

  public static void engine(Handle trainer, int engine) {
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_engine_set(t, engine));
    } finally {
      trainer.release();
    }
  }

  public static void profile(Handle trainer, boolean on) {
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_profile_set(t, on ? 1 : 0));
    } finally {
      trainer.release();
    }
  }

  public static String profile(Handle trainer) {
    Pointer t = trainer.acquire();
    try (BytePointer json = new BytePointer(PROFILE_CAPACITY)) {
      check(Affect4j.a4j_trainer_profile_read(t, json, PROFILE_CAPACITY));
      return json.getString(StandardCharsets.UTF_8);
    } finally {
      trainer.release();
    }
  }

  public static long steps(Handle trainer) {
    long[] steps = new long[1];
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_steps_read(t, steps));
    } finally {
      trainer.release();
    }
    return steps[0];
  }

  public static void steps(Handle trainer, long steps) {
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_steps_write(t, steps));
    } finally {
      trainer.release();
    }
  }

  public static void readState(Handle trainer, int kind, int index, FloatBuffer destination) {
    requireDirect(destination);
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_tensor_read(t, kind, index, destination, destination.remaining()));
    } finally {
      trainer.release();
    }
  }

  public static void writeState(Handle trainer, int kind, int index, FloatBuffer source) {
    requireDirect(source);
    Pointer t = trainer.acquire();
    try {
      check(Affect4j.a4j_trainer_tensor_write(t, kind, index, source, source.remaining()));
    } finally {
      trainer.release();
    }
  }

  /** The fused loss on direct buffers; see {@code a4j_loss}. Lengths are checked here. */
  public static void loss(
      int tasks,
      int rows,
      FloatBuffer logits,
      FloatBuffer va,
      ByteBuffer expression,
      ByteBuffer actionUnits,
      float[] classWeights,
      float focalGamma,
      boolean weightedMean,
      double[] values,
      FloatBuffer gradient) {
    requireDirect("logits", logits, rows * 22);
    requireDirect("valence and arousal", va, rows * 2);
    requireDirect("expressions", expression, rows);
    requireDirect("action units", actionUnits, rows * 12);
    requireLength("class weights", classWeights.length, 8);
    requireLength("values", values.length, 9);
    requireDirect("gradient", gradient, rows * 22);
    check(Affect4j.a4j_loss(tasks, rows, logits, va, expression, actionUnits, classWeights, focalGamma,
        weightedMean ? 1 : 0, values, gradient));
  }

  /** Height and width; see {@code a4j_jpeg_size}. */
  public static int[] jpegSize(byte[] file) {
    int[] height = new int[1];
    int[] width = new int[1];
    check(Affect4j.a4j_jpeg_size(file, file.length, height, width));
    return new int[] {height[0], width[0]};
  }

  /** See {@code a4j_jpeg_decode}. */
  public static void decodeJpeg(byte[] file, int height, int width, byte[] pixels) {
    requireLength("pixels", pixels.length, Math.multiplyExact(Math.multiplyExact(height, width), 3));
    check(Affect4j.a4j_jpeg_decode(file, file.length, height, width, pixels));
  }

  /** Crop, resize, flip and normalise on host arrays; see {@code a4j_augment}. */
  public static void augment(int rows, int height, int width, byte[] images, float[] crops, float[] out) {
    requireLength("images", images.length, rows * height * width * 3);
    requireLength("crops", crops.length, rows * 5);
    requireLength("output", out.length, rows * height * width * 3);
    check(Affect4j.a4j_augment(rows, height, width, images, crops, out));
  }

  /**
   * Normalise, ReLU, convolution and statistics in one pass, on direct buffers and square images; see
   * {@code a4j_norm_relu_conv}.
   */
  public static void normReluConv(
      int images,
      int size,
      int in,
      int out,
      int kernel,
      int stride,
      FloatBuffer x,
      FloatBuffer scale,
      FloatBuffer shift,
      FloatBuffer weights,
      FloatBuffer y,
      double[] mean,
      double[] variance) {
    for (FloatBuffer buffer : new FloatBuffer[] {x, scale, shift, weights, y}) {
      requireDirect(buffer);
    }
    int outSize = (size - 1) / stride + 1;
    requireLength("x", x.remaining(), images * size * size * in);
    requireLength("scale", scale.remaining(), in);
    requireLength("shift", shift.remaining(), in);
    requireLength("weights", weights.remaining(), out * kernel * kernel * in);
    requireLength("y", y.remaining(), images * outSize * outSize * out);
    requireLength("mean", mean.length, out);
    requireLength("variance", variance.length, out);
    check(
        Affect4j.a4j_norm_relu_conv(
            images, size, size, in, out, kernel, stride, x, scale, shift, weights, y, mean, variance));
  }

  /** One Adam update on direct buffers of the same size; see {@code a4j_adam}. */
  public static void adam(
      long step,
      float learningRate,
      float beta1,
      float beta2,
      float epsilon,
      float weightDecay,
      FloatBuffer gradient,
      FloatBuffer m,
      FloatBuffer v,
      FloatBuffer weights) {
    int count = gradient.remaining();
    for (FloatBuffer buffer : new FloatBuffer[] {gradient, m, v, weights}) {
      requireDirect(buffer);
      requireLength("each buffer", buffer.remaining(), count);
    }
    check(
        Affect4j.a4j_adam(
            count, step, learningRate, beta1, beta2, epsilon, weightDecay, gradient, m, v, weights));
  }

  /** FLOP/s; see {@code a4j_peak_gemm}. */
  public static double peakGemm(int device, int precision) {
    double[] flops = new double[1];
    check(Affect4j.a4j_peak_gemm(device, precision, flops));
    return flops[0];
  }

  /** Bytes/s; see {@code a4j_peak_bandwidth}. */
  public static double peakBandwidth(int device) {
    double[] bytes = new double[1];
    check(Affect4j.a4j_peak_bandwidth(device, bytes));
    return bytes[0];
  }

  public static String describe() {
    try (BytePointer json = new BytePointer(DESCRIPTION_CAPACITY)) {
      check(Affect4j.a4j_runtime_describe(json, DESCRIPTION_CAPACITY));
      return json.getString(StandardCharsets.UTF_8);
    }
  }

  public static void threads(int threads) {
    check(Affect4j.a4j_threads_set(threads));
  }

  private static Pointer construct(Constructor constructor) {
    try (PointerPointer<?> out = new PointerPointer<>(1)) {
      check(constructor.call(out));
      return out.get();
    }
  }

  private static void check(int status) {
    if (status != 0) {
      EngineException.Kind[] kinds = EngineException.Kind.values();
      int kind = Math.min(status, kinds.length) - 1;
      throw new EngineException(kinds[kind], Affect4j.a4j_last_error().getString(StandardCharsets.UTF_8));
    }
  }

  private static void requireDirect(FloatBuffer buffer) {
    if (!buffer.isDirect() || buffer.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException("a direct float buffer in native byte order is required");
    }
  }

  private static void requireDirect(String what, FloatBuffer buffer, int length) {
    requireDirect(buffer);
    requireLength(what, buffer.remaining(), length);
  }

  private static void requireDirect(String what, ByteBuffer buffer, int length) {
    if (!buffer.isDirect()) {
      throw new IllegalArgumentException(what + " must be in a direct buffer");
    }
    requireLength(what, buffer.remaining(), length);
  }

  private static void requireLength(String what, int actual, int expected) {
    if (actual != expected) {
      throw new IllegalArgumentException(what + " must have " + expected + " elements, not " + actual);
    }
  }
}
