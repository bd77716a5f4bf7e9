package io.github.affect4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.engine.TrainerOptions;
import io.github.affect4j.task.ModelSpec;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The loop of training and prediction must leave the garbage collector nothing to do. */
class StepAllocationTest {
  private static final float[] CLASS_WEIGHTS = {1, 1, 1, 1, 1, 1, 1, 1};
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void stepsAndPredictionsAllocateNothingInJava() {
    try (Model model = new Model(ModelSpec.MTL, Precision.FP32, Device.CPU, 1);
        Trainer trainer = new Trainer(model, TrainerOptions.paper(CLASS_WEIGHTS));
        Batch batch = new Batch(2, 32, 32)) {
      RandomBatch.fill(batch, BenchMode.TRAIN);
      work(model, trainer, batch); // loads classes

      long before = threads.getCurrentThreadAllocatedBytes();
      work(model, trainer, batch);
      long after = threads.getCurrentThreadAllocatedBytes();

      assertEquals(0, after - before - costOfAsking(), "bytes");
    }
  }

  private static void work(Model model, Trainer trainer, Batch batch) {
    for (int i = 0; i < 2; i++) {
      trainer.step(batch, 1e-3f);
    }
    model.predict(batch);
  }

  private long costOfAsking() {
    long before = threads.getCurrentThreadAllocatedBytes();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
