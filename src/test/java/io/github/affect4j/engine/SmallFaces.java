package io.github.affect4j.engine;

import io.github.affect4j.task.ModelSpec;

/** The smallest trainings that still exercise everything. */
final class SmallFaces {
  static final int SIZE = 32;

  private SmallFaces() {}

  static Model model(ModelSpec spec, Precision precision) {
    return new Model(spec, precision, Device.CPU, 7);
  }

  /** Deterministic images with labels, some missing. */
  static Batch batch(int rows) {
    Batch batch = new Batch(rows, SIZE, SIZE);
    ParityFormula.fill(batch);
    return batch;
  }

  static void removeLabels(Batch batch) {
    for (int i = 0; i < batch.valenceArousal().capacity(); i++) {
      batch.valenceArousal().put(i, -5);
    }
    for (int i = 0; i < batch.expressions().capacity(); i++) {
      batch.expressions().put(i, (byte) -1);
    }
    for (int i = 0; i < batch.actionUnits().capacity(); i++) {
      batch.actionUnits().put(i, (byte) -1);
    }
  }

  static TrainerOptions options() {
    return TrainerOptions.paper(new float[] {1, 1, 1, 1, 1, 1, 1, 1});
  }
}
