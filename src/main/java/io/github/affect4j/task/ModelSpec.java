package io.github.affect4j.task;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which heads sit on one ResNet-50: a single task, or all three with hard parameter sharing.
 *
 * @param name {@code va}, {@code expr}, {@code au} or {@code mtl}
 * @param tasks the heads, never empty
 */
public record ModelSpec(String name, Set<Task> tasks) {

  /** The multi-task model: one shared backbone and three heads. */
  public static final ModelSpec MTL = new ModelSpec("mtl", EnumSet.allOf(Task.class));

  public ModelSpec {
    tasks = Collections.unmodifiableSet(EnumSet.copyOf(tasks));
  }

  /** The single-task model of one task. */
  public static ModelSpec single(Task task) {
    return new ModelSpec(task.label(), EnumSet.of(task));
  }

  /** The model with this name; {@code null} if there is none. */
  public static ModelSpec named(String name) {
    return all().stream().filter(spec -> spec.name.equals(name.toLowerCase(Locale.ROOT))).findFirst().orElse(null);
  }

  /** The paper's four models: va, expr, au, mtl. */
  public static List<ModelSpec> all() {
    List<ModelSpec> specs = new ArrayList<>();
    for (Task task : Task.values()) {
      specs.add(single(task));
    }
    specs.add(MTL);
    return specs;
  }

  /** Task mask for the native layer. */
  public int mask() {
    return tasks.stream().mapToInt(Task::bit).sum();
  }
}
