package io.github.affect4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Progress;
import java.nio.file.Path;
import java.util.Set;

/** Refuses to resume a run with options or data under which its result would be another. */
record ResumeCheck(
    Path folder,
    Hyperparameters hyperparameters,
    String data,
    Sharing sharing,
    String device,
    Progress progress) {

  /** Change where training ends, or how fast, not what it computes on the way. */
  private static final Set<String> FREE = Set.of("patience", "threads");

  void check(TrainingState state) {
    if (!state.data().equals(data)) {
      throw InputException.in(folder, "was trained on other data (" + difference(state.data()) + ": " + state.data()
          + ", now " + data + "); give the same --data, or start in another --out");
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

  /** See {@link FaceData#fingerprint}. */
  private String difference(String before) {
    int labels = data.indexOf('-') + 1;
    if (!before.contains("-")) {
      return "an older release, which wrote it, kept nothing of the pixels";
    }
    return data.regionMatches(0, before, 0, labels) ? "the pixels of the images differ"
        : "labels or usable images differ";
  }

  private void warn(String now, String before) {
    progress.say("warning: resumed " + now + ", but trained " + before
        + " so far: the weights will differ from those of an unchanged run");
  }

  private void differs(String name, String before, String now) {
    String option = "--" + name.replace('_', '-');
    if (!FREE.contains(name) && !mayExtend(name)) {
      throw InputException.in(
          folder, "was trained with " + option + " " + before + ", not " + now
              + ", which would change the result; leave the option away, or start in another --out");
    }
  }

  /** At a constant learning rate a longer run begins like a shorter one. */
  private boolean mayExtend(String name) {
    return name.equals("epochs") && hyperparameters.schedule() == Schedule.CONSTANT;
  }
}
