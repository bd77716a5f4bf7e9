package io.github.affect4j.fusion;

import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.Task;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Logits that know the labels, blurred by noise of each model's own. */
final class SmallModels {
  private SmallModels() {}

  static FourModels four(LabelSet labels) {
    Map<Task, RawPredictions> single = new EnumMap<>(Task.class);
    for (Task task : Task.values()) {
      single.put(task, model(labels, Set.of(task), 10 + task.ordinal()));
    }
    return new FourModels(single, model(labels, Set.of(Task.values()), 3));
  }

  static RawPredictions model(LabelSet labels, Set<Task> tasks, long seed) {
    Random random = new Random(seed);
    float[] logits = new float[labels.size() * Task.ALL_OUTPUTS];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() + signal(labels, i / Task.ALL_OUTPUTS, i % Task.ALL_OUTPUTS));
    }
    for (Task task : Task.values()) {
      for (int row = 0; !tasks.contains(task) && row < labels.size(); row++) {
        int from = row * Task.ALL_OUTPUTS + task.firstColumn();
        Arrays.fill(logits, from, from + task.outputs(), Float.NaN);
      }
    }
    return new RawPredictions(labels.images(), tasks, logits);
  }

  private static double signal(LabelSet labels, int row, int column) {
    if (column < Task.EXPR.firstColumn()) {
      return column == 0 ? labels.valence()[row] : labels.arousal()[row];
    }
    if (column < Task.AU.firstColumn()) {
      return labels.expression()[row] == column - Task.EXPR.firstColumn() ? 1 : 0;
    }
    return labels.actionUnits()[row * ActionUnit.COUNT + column - Task.AU.firstColumn()] == 1 ? 0.7 : -0.7;
  }
}
