package io.github.affect4j.fusion;

import io.github.affect4j.eval.Summary;
import io.github.affect4j.io.TextTable;
import io.github.affect4j.task.Task;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/** One value of a parameter that is swept, and the scores it gives. */
interface SweepStep {

  /** The same for all tasks. */
  double value();

  Summary scores();

  /** Value of the highest score of a task, on a tie the smallest; {@code null} if the task is not predicted. */
  static Double best(List<? extends SweepStep> steps, Task task) {
    Comparator<SweepStep> byScore = Comparator.comparing(step -> step.scores().part(task));
    return steps.stream()
        .filter(step -> step.scores().part(task) != null)
        .max(byScore.thenComparing(Comparator.comparing(SweepStep::value).reversed()))
        .map(SweepStep::value)
        .orElse(null);
  }

  /** One line a value; the best of each task is starred. */
  static TextTable table(
      String parameter, List<? extends SweepStep> steps, DoubleFunction<String> text, Function<Task, Double> best) {
    TextTable table = new TextTable().row(parameter, "P", "mean CCC", "macro F1", "mean F1");
    for (SweepStep step : steps) {
      Object[] cells = new Object[2 + Task.values().length];
      cells[0] = text.apply(step.value());
      cells[1] = FusionText.number(step.scores().p()) + " ";
      for (Task task : Task.values()) {
        Double value = best.apply(task);
        String star = value != null && value == step.value() ? "*" : " ";
        cells[2 + task.ordinal()] = FusionText.number(step.scores().part(task)) + star;
      }
      table.row(cells);
    }
    return table;
  }
}
