package io.github.affect4j.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How training behaves, whatever computes it. */
class TrainerTest {
  private static final int ROWS = 8;
  private static final float RATE = 1e-3f;

  @ParameterizedTest
  @EnumSource(Precision.class)
  void lossFallsOnOneBatch(Precision precision) {
    List<StepReport> reports = new ArrayList<>();
    train(precision, 20, RATE, (trainer, report) -> reports.add(report));

    double first = reports.get(0).total();
    double last = reports.get(19).total();
    assertTrue(last < 0.6 * first, "from " + first + " to " + last);
    assertTrue(reports.stream().allMatch(r -> Double.isFinite(r.total())));
  }

  @Test
  void reportsTheBatchsCountsAndTheSumOfItsLosses() {
    train(
        Precision.FP32,
        1,
        RATE,
        (trainer, report) -> {
          assertEquals(report.va() + report.expr() + report.au(), report.total(), 1e-12);
          assertEquals(7, report.validVa(), "every fifth row has no valence");
          assertEquals(7, report.validExpr(), "every fifth row has no expression");
          assertTrue(report.validAu() > 48 && report.validAu() < 96, report.validAu() + " action units");
          assertTrue(report.correctExpr() <= report.validExpr() && report.correctAu() <= report.validAu());
          assertEquals(1, trainer.steps());
        });
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void sameSeedSameBits(Precision precision) {
    assertEquals(fingerprintAfterTraining(precision), fingerprintAfterTraining(precision));
  }

  private static long fingerprintAfterTraining(Precision precision) {
    List<Long> found = new ArrayList<>();
    BiConsumer<Trainer, StepReport> last =
        (trainer, report) -> {
          if (trainer.steps() == 3) {
            found.add(fingerprint(trainer.model(), true));
          }
        };
    train(precision, 3, RATE, last);
    return found.get(0);
  }

  @Test
  void enginesMeasureTheSameLosses() {
    try (Model model = SmallFaces.model(ModelSpec.MTL, Precision.FP32);
        Batch batch = SmallFaces.batch(ROWS);
        Trainer trainer = new Trainer(model, SmallFaces.options())) {
      double[] totals = new double[2];
      for (Engine engine : Engine.values()) {
        trainer.engine(engine);
        trainer.profile(true);
        trainer.step(batch, 0);
        totals[engine.ordinal()] = trainer.read().total();
        boolean fused = trainer.profile().stream().anyMatch(o -> o.operation().equals("backward weights"));
        assertEquals(engine == Engine.FUSED, fused, "only the fused engine tells its convolutions' times");
      }
      assertEquals(totals[0], totals[1], 1e-4 * totals[0]);
    }
  }

  @Test
  void rateZeroChangesOnlyRunningStatistics() {
    try (Model model = SmallFaces.model(ModelSpec.MTL, Precision.FP32);
        Batch batch = SmallFaces.batch(ROWS);
        Trainer trainer = new Trainer(model, SmallFaces.options())) {
      long weights = fingerprint(model, true);
      long statistics = fingerprint(model, false);

      trainer.step(batch, 0);

      assertEquals(weights, fingerprint(model, true));
      assertNotEquals(statistics, fingerprint(model, false));
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void noLabelMeansNoLossAndNoGradient(Precision precision) {
    try (Model model = SmallFaces.model(ModelSpec.MTL, precision);
        Batch batch = SmallFaces.batch(ROWS);
        Trainer trainer = new Trainer(model, SmallFaces.options())) {
      SmallFaces.removeLabels(batch);

      trainer.step(batch, RATE);

      assertEquals(new StepReport(0, 0, 0, 0, 0, 0, 0, 0, 0), trainer.read());
      Scratch scratch = new Scratch(model);
      for (TensorInfo tensor : model.tensors()) {
        if (tensor.trainable()) {
          FloatBuffer gradient = scratch.of(tensor);
          trainer.read(Trainer.State.GRADIENT, tensor, gradient);
          assertEquals(0f, largest(gradient), tensor.name());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Task.class)
  void singleTaskModelsLearnTheirTaskAlone(Task task) {
    try (Model model = SmallFaces.model(ModelSpec.single(task), Precision.FP32);
        Batch batch = SmallFaces.batch(ROWS);
        Trainer trainer = new Trainer(model, SmallFaces.options())) {
      trainer.step(batch, RATE);
      StepReport report = trainer.read();

      assertEquals(task == Task.VA, report.va() > 0);
      assertEquals(task == Task.EXPR, report.expr() > 0);
      assertEquals(task == Task.AU, report.au() > 0);
      model.predict(batch);
      for (int column = 0; column < Task.ALL_OUTPUTS; column++) {
        boolean own = column >= task.firstColumn() && column < task.firstColumn() + task.outputs();
        assertEquals(own, !Float.isNaN(batch.logits().get(column)), "column " + column);
      }
    }
  }

  @Test
  void rowsBeyondThoseInUseDoNotCount() {
    float[] gradient = gradientOf(ROWS, ROWS);
    assertArrayEquals(gradient, gradientOf(ROWS + 3, ROWS));
    assertFalse(Arrays.equals(gradient, gradientOf(ROWS + 3, ROWS + 3)));
  }

  private static float[] gradientOf(int capacity, int rows) {
    try (Model model = SmallFaces.model(ModelSpec.MTL, Precision.FP32);
        Batch batch = SmallFaces.batch(capacity);
        Trainer trainer = new Trainer(model, SmallFaces.options())) {
      batch.rows(rows);
      trainer.step(batch, RATE);
      TensorInfo first = model.tensors().get(0);
      FloatBuffer values = Scratch.direct(first.elements());
      trainer.read(Trainer.State.GRADIENT, first, values);
      float[] array = new float[first.elements()];
      values.get(0, array);
      return array;
    }
  }

  @Test
  void stateMovesToAnotherTrainerBitForBit() {
    try (Batch batch = SmallFaces.batch(ROWS);
        Model first = SmallFaces.model(ModelSpec.MTL, Precision.FP32);
        Model second = SmallFaces.model(ModelSpec.MTL, Precision.FP32);
        Trainer trainer = new Trainer(first, SmallFaces.options());
        Trainer resumed = new Trainer(second, SmallFaces.options())) {
      trainer.step(batch, RATE);
      copy(trainer, resumed);

      trainer.step(batch, RATE);
      resumed.step(batch, RATE);

      assertEquals(fingerprint(first, true), fingerprint(second, true));
      assertEquals(fingerprint(first, false), fingerprint(second, false));
      assertEquals(2, resumed.steps());
    }
  }

  private static void copy(Trainer from, Trainer to) {
    Scratch scratch = new Scratch(from.model());
    for (TensorInfo tensor : from.model().tensors()) {
      FloatBuffer values = scratch.of(tensor);
      from.model().read(tensor, values);
      to.model().write(tensor, values);
      if (tensor.trainable()) {
        for (Trainer.State state : List.of(Trainer.State.ADAM_M, Trainer.State.ADAM_V)) {
          from.read(state, tensor, values);
          to.write(state, tensor, values);
        }
      }
    }
    to.steps(from.steps());
  }

  private static void train(Precision precision, int steps, float rate, BiConsumer<Trainer, StepReport> observer) {
    try (Model model = SmallFaces.model(ModelSpec.MTL, precision);
        Batch batch = SmallFaces.batch(ROWS);
        Trainer trainer = new Trainer(model, SmallFaces.options())) {
      for (int step = 0; step < steps; step++) {
        trainer.step(batch, rate);
        observer.accept(trainer, trainer.read());
      }
    }
  }

  /** A hash of the bits of all trainable tensors, or of all running statistics. */
  private static long fingerprint(Model model, boolean trainable) {
    long hash = 1;
    Scratch scratch = new Scratch(model);
    for (TensorInfo tensor : model.tensors()) {
      if (tensor.trainable() == trainable) {
        FloatBuffer values = scratch.of(tensor);
        model.read(tensor, values);
        for (int i = 0; i < tensor.elements(); i++) {
          hash = 31 * hash + Float.floatToRawIntBits(values.get(i));
        }
      }
    }
    return hash;
  }

  private static float largest(FloatBuffer values) {
    float largest = 0;
    for (int i = 0; i < values.limit(); i++) {
      largest = Math.max(largest, Math.abs(values.get(i)));
    }
    return largest;
  }
}
