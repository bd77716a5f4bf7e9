package io.github.affect4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Progress;
import io.github.affect4j.task.ModelSpec;
import java.nio.file.Path;
import java.util.Set;

/** Refuses to resume a run with options or data under which its result would be another. */
record ResumeCheck(
    Path file,
    ModelSpec spec,
    Hyperparameters hyperparameters,
    String data,
    Sharing sharing,
    String device,
    Progress progress) {

  /** Change where training ends, or how fast, not what it computes on the way. */
  private static final Set<String> FREE = Set.of("patience", "threads");

  void check(TrainingState state) {
    if (!state.model().equals(spec.name())) {
      throw InputException.in(file, "holds the model '" + state.model() + "', not '" + spec.name() + "'");
    }
    if (!state.data().equals(data)) {
      throw InputException.in(
          file, "was trained on other data (labels or usable images differ: " + state.data() + ", now " + data
              + "); give the same --data, or start in another --out");
    }
    ObjectNode before = Json.mapper().valueToTree(state.hyperparameters());
    ObjectNode now = Json.mapper().valueToTree(hyperparameters);
    before.fieldNames().forEachRemaining(name -> {
      if (!before.get(name).equals(now.get(name))) {
        differs(name, before.get(name).toString(), now.get(name).toString());
      }
    });
    if (!state.sharing().equals(sharing)) {
      warn("with " + sharing, "with " + state.sharing());
    }
    if (state.device() != null && !state.device().equals(device)) {
      warn("on " + device, "on " + state.device());
    }
  }

  private void warn(String now, String before) {
    progress.say("warning: resumed " + now + ", but trained " + before
        + " so far: the weights will differ from those of an unchanged run");
  }

  private void differs(String name, String before, String now) {
    String option = "--" + name.replace('_', '-');
    if (!FREE.contains(name) && !mayExtend(name)) {
      throw InputException.in(
          file, "was trained with " + option + " " + before + ", not " + now
              + ", which would change the result; leave the option away, or start in another --out");
    }
  }

  /** At a constant learning rate a longer run begins like a shorter one. */
  private boolean mayExtend(String name) {
    return name.equals("epochs") && hyperparameters.schedule() == Schedule.CONSTANT;
  }
}
