package io.github.affect4j.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.task.ModelSpec;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Every misuse of the engine ends in an exception that says what is wrong, never in a crash. To see
 * what JNI itself thinks of it: {@code mvn test -Dtest=MisuseTest -Dsurefire.jvm=-Xcheck:jni}.
 */
class MisuseTest {
  private static Model model;

  @BeforeAll
  static void drawWeights() {
    model = SmallFaces.model(ModelSpec.MTL, Precision.FP32);
  }

  @AfterAll
  static void free() {
    model.close();
  }

  private static void refused(String part, Executable misuse) {
    EngineException e = assertThrows(EngineException.class, misuse);
    assertEquals(EngineException.Kind.INVALID_ARGUMENT, e.kind(), e.getMessage());
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  private static void illegalState(String part, Executable misuse) {
    IllegalStateException e = assertThrows(IllegalStateException.class, misuse);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void closedHandles() {
    Model closed = SmallFaces.model(ModelSpec.MTL, Precision.FP32);
    Batch batch = SmallFaces.batch(2);
    Trainer trainer = new Trainer(closed, SmallFaces.options());
    TensorInfo tensor = closed.tensors().get(0);
    FloatBuffer values = Scratch.direct(tensor.elements());
    trainer.close();
    illegalState("trainer is closed", () -> trainer.step(batch, 1e-3f));
    illegalState("trainer is closed", trainer::read);
    illegalState("trainer is closed", trainer::steps);
    illegalState("trainer is closed", () -> trainer.read(Trainer.State.ADAM_M, tensor, values));
    batch.close();
    illegalState("batch is closed", () -> closed.predict(batch));
    closed.close();
    illegalState("model is closed", () -> closed.read(tensor, values));
    illegalState("model is closed", () -> new Trainer(closed, SmallFaces.options()));
    assertDoesNotThrow(trainer::close, "closing twice is harmless");
    assertDoesNotThrow(batch::close);
    assertDoesNotThrow(closed::close);
  }

  @Test
  void borrowedModelsStayOpen() {
    try (Batch batch = SmallFaces.batch(2)) {
      Trainer trainer = new Trainer(model, SmallFaces.options());
      illegalState("still in use", model::close);
      assertDoesNotThrow(() -> trainer.step(batch, 1e-3f), "the refused close changed nothing");
      trainer.close();
    }
  }

  @Test
  void wrongLabelsCropsAndRates() {
    try (Batch batch = SmallFaces.batch(3);
        Trainer trainer = new Trainer(model, SmallFaces.options())) {
      Executable step = () -> trainer.step(batch, 1e-3f);
      batch.valenceArousal().put(4, 1.01f);
      refused("valence or arousal is neither in [-1, 1] nor -5 in row 2", step);
      batch.valenceArousal().put(4, Float.NaN);
      refused("row 2", step);
      batch.valenceArousal().put(4, 0);
      batch.expressions().put(1, (byte) 8);
      refused("expression is not -1..7 in row 1", step);
      batch.expressions().put(1, (byte) 0);
      batch.actionUnits().put(3, (byte) 2);
      refused("action unit is not -1, 0 or 1 in row 0", step);
      batch.actionUnits().put(3, (byte) 1);
      batch.crops().put(5, 1000);
      refused("the crop of row 1", step);
      refused("the crop of row 1", () -> model.predict(batch));
      batch.crops().put(5, 0);
      refused("learning rate", () -> trainer.step(batch, -1));
      refused("learning rate", () -> trainer.step(batch, Float.NaN));
      batch.rows(1);
      refused("rows must be 2..3, not 1", step);
      batch.rows(3);
      assertEquals(0, trainer.steps(), "a refused step is no step");
      assertDoesNotThrow(step);
    }
  }

  @Test
  void wrongRows() {
    try (Batch batch = SmallFaces.batch(3)) {
      assertThrows(IllegalArgumentException.class, () -> batch.rows(0));
      assertThrows(IllegalArgumentException.class, () -> batch.rows(4));
    }
    refused("capacity", () -> new Batch(0, 32, 32));
    refused("pixels a side", () -> new Batch(1, 31, 32));
    refused("pixels a side", () -> new Batch(1, 32, 1025));
  }

  @Test
  void wrongImageSets() {
    int bytes = SmallFaces.SIZE * SmallFaces.SIZE * 3;
    refused("2^30 images, not 0", () -> new ImageSet(model, 0, SmallFaces.SIZE, SmallFaces.SIZE, 2));
    refused("pixels a side", () -> new ImageSet(model, 2, 31, SmallFaces.SIZE, 2));
    try (ImageSet set = new ImageSet(model, 2, SmallFaces.SIZE, SmallFaces.SIZE, 2)) {
      assertThrows(IllegalArgumentException.class, () -> set.append(ByteBuffer.allocateDirect(bytes + 1)));
      assertThrows(IllegalArgumentException.class, () -> set.append(ByteBuffer.allocate(bytes)));
      refused("room for 2 more", () -> set.append(ByteBuffer.allocateDirect(3 * bytes)));
      set.append(ByteBuffer.allocateDirect(bytes));
      try (Batch batch = new Batch(set, 1)) {
        illegalState("still in use", set::close);
        batch.crops().put(new float[] {0, 0, SmallFaces.SIZE, SmallFaces.SIZE, 0});
        for (long wrong : new long[] {-1, 1, Long.MAX_VALUE}) {
          batch.indices().put(0, wrong);
          refused("row 0 names image " + wrong, () -> model.predict(batch));
        }
        batch.indices().put(0, 0);
        assertDoesNotThrow(() -> model.predict(batch));
      }
    }
  }

  @Test
  void wrongTensors() {
    try (Trainer trainer = new Trainer(model, SmallFaces.options())) {
      TensorInfo tensor = model.tensors().get(1);
      refused("64 elements, not 65", () -> model.read(tensor, Scratch.direct(65)));
      FloatBuffer spoilt = Scratch.direct(64).put(63, Float.NaN);
      refused("element 63", () -> model.write(tensor, spoilt));
      FloatBuffer negative = Scratch.direct(64).put(5, -1);
      assertDoesNotThrow(() -> trainer.write(Trainer.State.ADAM_M, tensor, negative));
      refused("element 5 of the tensor is -1, but", () -> trainer.write(Trainer.State.ADAM_V, tensor, negative));
      TensorInfo variance =
          model.tensors().stream().filter(t -> t.name().equals("bn1.running_var")).findFirst().orElseThrow();
      refused("element 5 of the tensor is -1, but", () -> model.write(variance, negative));
      assertThrows(IllegalArgumentException.class, () -> model.read(tensor, FloatBuffer.allocate(64)));
      TensorInfo unknown = new TensorInfo(4000, "unknown", tensor.shape(), true);
      refused("no tensor 4000", () -> model.read(unknown, Scratch.direct(64)));
      TensorInfo statistic = model.tensors().stream().filter(t -> !t.trainable()).findFirst().orElseThrow();
      refused("not trainable", () -> trainer.read(Trainer.State.GRADIENT, statistic, Scratch.direct(64)));
      refused("step count", () -> trainer.steps(-1));
    }
  }

  @Test
  void wrongOptions() {
    float[] weights = {1, 1, 1, 1, 1, 1, 1, 1};
    refused("class weights", () -> new Trainer(model, TrainerOptions.paper(new float[8])));
    assertThrows(IllegalArgumentException.class, () -> new Trainer(model, TrainerOptions.paper(new float[7])));
    refused("gamma", () -> new Trainer(model, new TrainerOptions(weights, false, -1, 0.9f, 0.999f, 1e-8f, 0)));
    refused("betas", () -> new Trainer(model, new TrainerOptions(weights, false, 1, 1, 0.999f, 1e-8f, 0)));
    refused("epsilon", () -> new Trainer(model, new TrainerOptions(weights, false, 1, 0.9f, 0.999f, 0, 0)));
    refused("weight decay", () -> new Trainer(model, new TrainerOptions(weights, false, 1, 0.9f, 0.999f, 1e-8f, -1)));
    refused("threads", () -> Runtime.threads(-1));
  }

  @Test
  void refusedTrainersHoldNothing() {
    Model borrowed = SmallFaces.model(ModelSpec.MTL, Precision.FP32);
    refused("class weights", () -> new Trainer(borrowed, TrainerOptions.paper(new float[8])));
    assertDoesNotThrow(borrowed::close);
  }

  @Test
  void absentDevice() {
    EngineException e =
        assertThrows(EngineException.class, () -> new Model(ModelSpec.MTL, Precision.FP32, new Device(99), 1));
    assertEquals(EngineException.Kind.UNSUPPORTED, e.kind());
    assertTrue(e.getMessage().contains("cuda:99"), e.getMessage());
  }
}
