package io.github.affect4j.engine.internal;

import io.github.affect4j.engine.internal.presets.Affect4jPreset;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Const;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Properties;

/** The functions of {@code affect4j.h}, one for one; see there for their contract. */
@Properties(inherit = Affect4jPreset.class)
@NoException
final class Affect4j {
  static {
    LibraryLoading.load(Affect4j.class);
  }

  private Affect4j() {}

  static native @Cast("const char*") BytePointer a4j_last_error();

  static native @Cast("int") int a4j_runtime_describe(@Cast("char*") BytePointer json, long capacity);

  static native @Cast("int") int a4j_threads_set(int threads);

  static native @Cast("int") int a4j_batch_new(
      int capacity, int height, int width, @Cast("a4j_batch**") PointerPointer<?> out);

  static native @Cast("int") int a4j_batch_new_of(
      @Cast("a4j_images*") Pointer images, int capacity, @Cast("a4j_batch**") PointerPointer<?> out);

  static native void a4j_batch_free(@Cast("a4j_batch*") Pointer batch);

  static native @Cast("int") int a4j_batch_buffer(@Cast("a4j_batch*") Pointer batch, int which,
      @Cast("void**") PointerPointer<?> data, @Cast("int64_t*") long[] bytes);

  static native @Cast("int") int a4j_model_new(
      int tasks, int dtype, int device, @Cast("uint64_t") long seed, @Cast("a4j_model**") PointerPointer<?> out);

  static native void a4j_model_free(@Cast("a4j_model*") Pointer model);

  static native @Cast("int") int a4j_model_tensor_count(@Cast("a4j_model*") Pointer model, int[] count);

  static native @Cast("int") int a4j_model_tensor_info(
      @Cast("a4j_model*") Pointer model,
      int index,
      @Cast("char*") byte[] name,
      @Cast("int64_t*") long[] shape,
      int[] rank,
      int[] trainable);

  static native @Cast("int") int a4j_model_tensor_read(
      @Cast("a4j_model*") Pointer model, int index, FloatBuffer data, long count);

  static native @Cast("int") int a4j_model_tensor_write(
      @Cast("a4j_model*") Pointer model, int index, @Const FloatBuffer data, long count);

  static native @Cast("int") int a4j_model_predict(
      @Cast("a4j_model*") Pointer model, @Cast("a4j_batch*") Pointer batch, int rows);

  static native @Cast("int") int a4j_images_new(
      @Cast("a4j_model*") Pointer model,
      long capacity,
      int height,
      int width,
      int batch,
      @Cast("a4j_images**") PointerPointer<?> out);

  static native void a4j_images_free(@Cast("a4j_images*") Pointer images);

  static native @Cast("int") int a4j_images_append(
      @Cast("a4j_images*") Pointer images, @Cast("const uint8_t*") ByteBuffer pixels, long count);

  static native @Cast("int") int a4j_jpeg_size(
      @Cast("const uint8_t*") byte[] file, long bytes, int[] height, int[] width);

  static native @Cast("int") int a4j_jpeg_decode(
      @Cast("const uint8_t*") byte[] file, long bytes, int height, int width, @Cast("uint8_t*") byte[] pixels);

  static native @Cast("int") int a4j_trainer_new(
      @Cast("a4j_model*") Pointer model,
      @Const float[] classWeights,
      float focalGamma,
      int weightedMean,
      float beta1,
      float beta2,
      float epsilon,
      float weightDecay,
      @Cast("a4j_trainer**") PointerPointer<?> out);

  static native void a4j_trainer_free(@Cast("a4j_trainer*") Pointer trainer);

  static native @Cast("int") int a4j_trainer_step(
      @Cast("a4j_trainer*") Pointer trainer, @Cast("a4j_batch*") Pointer batch, int rows, float learningRate);

  static native @Cast("int") int a4j_trainer_read(@Cast("a4j_trainer*") Pointer trainer, double[] values);

  static native @Cast("int") int a4j_trainer_engine_set(@Cast("a4j_trainer*") Pointer trainer, int engine);

  static native @Cast("int") int a4j_trainer_profile_set(@Cast("a4j_trainer*") Pointer trainer, int on);

  static native @Cast("int") int a4j_trainer_profile_read(
      @Cast("a4j_trainer*") Pointer trainer, @Cast("char*") BytePointer json, long capacity);

  static native @Cast("int") int a4j_trainer_steps_read(
      @Cast("a4j_trainer*") Pointer trainer, @Cast("int64_t*") long[] steps);

  static native @Cast("int") int a4j_trainer_steps_write(@Cast("a4j_trainer*") Pointer trainer, long steps);

  static native @Cast("int") int a4j_trainer_tensor_read(
      @Cast("a4j_trainer*") Pointer trainer, int kind, int index, FloatBuffer data, long count);

  static native @Cast("int") int a4j_trainer_tensor_write(
      @Cast("a4j_trainer*") Pointer trainer, int kind, int index, @Const FloatBuffer data, long count);

  static native @Cast("int") int a4j_communicator_new(
      String host,
      int port,
      int externalStore,
      String attempt,
      int rank,
      int world,
      int timeoutSeconds,
      @Cast("a4j_communicator**") PointerPointer<?> out);

  static native void a4j_communicator_free(@Cast("a4j_communicator*") Pointer communicator);

  static native @Cast("int") int a4j_communicator_require_same(
      @Cast("a4j_communicator*") Pointer communicator, String what, String value);

  static native @Cast("int") int a4j_communicator_broadcast(
      @Cast("a4j_communicator*") Pointer communicator, @Cast("void*") ByteBuffer data, long bytes);

  static native @Cast("int") int a4j_communicator_sum(
      @Cast("a4j_communicator*") Pointer communicator, FloatBuffer values, long count);

  static native @Cast("int") int a4j_trainer_join(
      @Cast("a4j_trainer*") Pointer trainer, @Cast("a4j_communicator*") Pointer communicator, int syncNorm);

  static native @Cast("int") int a4j_trainer_share_statistics(@Cast("a4j_trainer*") Pointer trainer);

  static native @Cast("int") int a4j_trainer_stop_wish(
      @Cast("a4j_trainer*") Pointer trainer, int wish, int[] wishes);

  static native @Cast("int") int a4j_loss(
      int tasks,
      int rows,
      @Const FloatBuffer logits,
      @Const FloatBuffer va,
      @Cast("const int8_t*") ByteBuffer expression,
      @Cast("const int8_t*") ByteBuffer actionUnits,
      @Const float[] classWeights,
      float focalGamma,
      int weightedMean,
      double[] values,
      FloatBuffer gradient);

  static native @Cast("int") int a4j_augment(
      int rows, int height, int width, @Cast("const uint8_t*") byte[] images, @Const float[] crops, float[] out);

  static native @Cast("int") int a4j_norm_relu_conv(
      int images,
      int height,
      int width,
      int in,
      int out,
      int kernel,
      int stride,
      @Const FloatBuffer x,
      @Const FloatBuffer scale,
      @Const FloatBuffer shift,
      @Const FloatBuffer weights,
      FloatBuffer y,
      double[] mean,
      double[] variance);

  static native @Cast("int") int a4j_adam(
      long count,
      long step,
      float learningRate,
      float beta1,
      float beta2,
      float epsilon,
      float weightDecay,
      @Const FloatBuffer gradient,
      FloatBuffer m,
      FloatBuffer v,
      FloatBuffer weights);

  static native @Cast("int") int a4j_peak_gemm(int device, int dtype, double[] flops);

  static native @Cast("int") int a4j_peak_bandwidth(int device, double[] bytes);
}
